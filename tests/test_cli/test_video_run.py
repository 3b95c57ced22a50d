"""Clips through ``drfuse video``."""

import shutil

import cv2
import pytest

from drfuse.apis import video as video_api
from drfuse.apis.frames import open_frames
from drfuse.cli.app import app
from drfuse.cli.run import run_command


@pytest.fixture
def run(pairs, tmp_path, monkeypatch, capsys):
    """Run ``drfuse video`` in a copy of the pairs; return exit code and standard error."""
    shutil.copytree(pairs, tmp_path / 'data')
    monkeypatch.chdir(tmp_path / 'data')

    def start(command):
        argv = [*command.split(), '--task', 'ivf', '--model', 'tiny.py', '--weights', 'tiny.pth', '--device', 'cpu']
        code = run_command(app, ['video', *argv], 'drfuse', 'drfuse')
        return code, capsys.readouterr().err
    return start


def test_folders_to_a_folder(run, tmp_path):
    code, said = run('ir vis -o out --preset noise')
    assert code == 0 and 'out: 2 frames' in said and '(preset noise)' in said
    assert sorted(p.name for p in (tmp_path / 'data/out').glob('*.png')) == ['one.png', 'two.png']
    assert cv2.imread(str(tmp_path / 'data/out/one.png')).shape == (48, 64, 3)


def test_folders_to_a_file_and_files_to_a_file(run, tmp_path):
    assert run('ir vis -o first.avi --preset noise --fps 10')[0] == 0
    code, said = run('first.avi first.avi -o second.mp4 --preset noise')
    assert (code, 'second.mp4: 2 frames' in said) == (0, True)
    frames = open_frames(tmp_path / 'data/second.mp4')
    assert len(frames) == 2 and frames.fps == pytest.approx(10)


def test_an_interruption_is_continued(run, tmp_path, monkeypatch):
    fuse_frame, done = video_api.fuse_frame, []

    def interrupted(*arguments):
        if done:
            raise KeyboardInterrupt
        done.append(0)
        return fuse_frame(*arguments)

    monkeypatch.setattr(video_api, 'fuse_frame', interrupted)
    code, said = run('ir vis -o out --preset noise')
    assert code == 130 and '1 of 2 frames are finished; --resume continues' in said
    monkeypatch.setattr(video_api, 'fuse_frame', fuse_frame)
    code, said = run('ir vis -o out --preset noise --resume')
    assert code == 0 and '2 frames, 1 of them finished before' in said


def test_a_video_file_needs_frames_of_one_size(run, tmp_path):
    for folder in ('ir', 'vis'):
        path = str(tmp_path / 'data' / folder / 'two.png')
        cv2.imwrite(path, cv2.imread(path, cv2.IMREAD_UNCHANGED)[:40])
    code, said = run('ir vis -o out.avi --preset noise')
    assert code == 2 and 'two.png is 40 x 64' in said and said.count('\n') == 1
    assert not (tmp_path / 'data/out.avi.frames').exists()
    assert run('ir vis -o out --preset noise')[0] == 0  # a folder takes them


@pytest.mark.parametrize(('command', 'text'), [
    ('ir none.mp4 -o out', 'no video file or folder none.mp4'),
    ('ir vis -o ir', 'ir is a source and would be overwritten'),
    ('ir vis -o out.gif', 'clips are written as .mp4, .mkv, .avi, or as frames to a folder, not .gif'),
    ('ir vis -o out --pad longest', 'pad must be one of error, shortest'),
    ('ir vis -o out --chroma vivid', 'chroma must be one of'),
    ('ir vis -o tiny.py/out --preset noise', 'cannot write to tiny.py/out'),
])
def test_mistakes_are_one_line_and_write_nothing(run, tmp_path, command, text):
    before = sorted(p for p in (tmp_path / 'data').rglob('*'))
    code, said = run(command)
    assert code == 2 and text in said and said.count('\n') == 1
    assert sorted(p for p in (tmp_path / 'data').rglob('*')) == before
