"""Files and folders through ``drfuse fuse``."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

from drfuse.apis.picture_io import read_picture
from drfuse.cli import fuse_run
from drfuse.cli.app import app
from drfuse.cli.run import run_command


@pytest.fixture
def run(pairs, tmp_path, monkeypatch, capsys):
    """Run ``drfuse fuse`` in a copy of the pairs; return exit code, standard output and standard error."""
    shutil.copytree(pairs, tmp_path / 'data')
    monkeypatch.chdir(tmp_path / 'data')

    def start(command):
        argv = [*command.split(), '--task', 'ivf', '--model', 'tiny.py', '--weights', 'tiny.pth', '--device', 'cpu']
        code = run_command(app, ['fuse', *argv], 'drfuse', 'drfuse')
        return code, *capsys.readouterr()
    return start


def files(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob('*') if p.is_file())


def test_two_files(run, tmp_path):
    code, out, err = run('ir/one.png vis/one.png -o new/fused.tif --preset noise')
    assert (code, out) == (0, '')
    assert 'one: ir: noise 0.0548 (14.0/255) (preset noise)' in err and 'new/fused.tif: 64 x 48 pixels' in err
    assert read_picture('new/fused.tif').pixels.shape == (48, 64, 3)
    assert files(tmp_path / 'data' / 'new') == ['fused.tif']


def test_two_folders_with_restored_sources(run, tmp_path):
    assert run('ir vis -o out --preset composite --save-restored out/restored')[0] == 0
    assert files(tmp_path / 'data' / 'out') == ['one.png', 'restored/a/one.png', 'restored/a/two.png',
                                                'restored/b/one.png', 'restored/b/two.png', 'two.png']
    assert read_picture('out/restored/a/one.png').pixels.ndim == 2
    assert read_picture('out/restored/b/one.png').pixels.shape == (48, 64, 3)


def test_low_resolution_source_and_name_of_b(run):
    small = cv2.imread('ir/one.png', 0)[::2, ::2]
    cv2.imwrite('other.png', small)
    assert run('other.png vis/two.png -o out --preset composite --gray')[0] == 0
    assert read_picture('out/two.png').pixels.shape == (48, 64)


def test_json(run):
    code, out, err = run('ir vis -o out --a-noise 0.05 --a-blur none --b-noise 0 --b-blur none --json')
    assert (code, err) == (0, '')
    first = json.loads(out)['results'][0]
    assert first['output'] == os.path.join('out', 'one.png') and first['sources']['ir']['stages'] == [
        dict(type='GaussianNoise', sigma=0.05)]
    assert first['sources']['vis']['text'] == 'no degradation'


def test_what_is_estimated_is_told_with_its_confidence(run):
    code, _, err = run('ir/one.png vis/one.png -o out.png --b-noise 0.02 --b-blur none')
    assert code == 0 and '(estimated; confidence: noise ' in err and 'noise 0.02 (5.1/255) (given)' in err


def test_overwrite_and_resume(run, tmp_path):
    assert run('ir vis -o out --preset noise')[0] == 0
    out = tmp_path / 'data' / 'out'
    (out / 'two.png').unlink()
    before = (out / 'one.png').stat().st_mtime_ns
    code, _, err = run('ir vis -o out --preset noise --resume')
    assert code == 0 and '1 pairs were finished before' in err
    assert (out / 'one.png').stat().st_mtime_ns == before and (out / 'two.png').exists()
    (out / 'one.png').write_bytes(b'')
    assert run('ir vis -o out --preset noise --overwrite')[0] == 0
    assert (out / 'one.png').stat().st_size > 0


def test_warning_of_a_shift_and_align(run, monkeypatch):
    rng = np.random.default_rng(0)
    scene = cv2.GaussianBlur(rng.random((220, 240), np.float32), (0, 0), 2)
    scene = cv2.normalize(scene, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    cv2.imwrite('a.png', scene[10:190, 16:216])
    cv2.imwrite('b.png', scene[10:190, 10:210])
    _, _, err = run('a.png b.png -o x.png --preset noise')
    assert 'warning: b: a.png has to move 6 px right to lie on its partner' in err
    code, out, _ = run('a.png b.png -o y.png --preset noise --align --json')
    report = json.loads(out)['results'][0]
    assert code == 0 and report['registration'] == dict(shift=[6, 0], aligned=True) and report['warnings'] == []


def test_interruption_leaves_finished_files(run, tmp_path, monkeypatch):
    finish, count = fuse_run.finish, []

    def stop(*arguments):
        count.append(1)
        if len(count) == 2:
            raise KeyboardInterrupt
        return finish(*arguments)
    monkeypatch.setattr(fuse_run, 'finish', stop)
    code, _, err = run('ir vis -o out --preset noise')
    assert code == 130 and 'interrupted: 1 of 2 pairs are finished; --resume continues' in err
    assert files(tmp_path / 'data' / 'out') == ['one.png']


@pytest.mark.slow
def test_ctrl_c_from_outside(pairs, tmp_path, repo_dir):
    data = tmp_path / 'data'
    for kind in ('ir', 'vis'):
        (data / kind).mkdir(parents=True)
        for i in range(400):
            shutil.copy(pairs / kind / 'one.png', data / kind / f'{i:03}.png')
    # jobs in the background of a shell ignore Ctrl-C, and so would what they start
    heed = 'import signal; signal.signal(signal.SIGINT, signal.default_int_handler)'
    command = [sys.executable, '-c', f'{heed}; from drfuse.cli.app import main; main()', 'fuse', 'ir', 'vis',
               '-o', 'out', '--task', 'ivf', '--preset', 'noise', '--model', str(pairs / 'tiny.py'),
               '--weights', str(pairs / 'tiny.pth')]
    process = subprocess.Popen(command, cwd=data, env=dict(os.environ, PYTHONPATH=str(repo_dir)),
                               stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 120
    while not (data / 'out' / '003.png').exists() and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and 'Traceback' not in err, err
    made = files(data / 'out')
    told = int(err.split('interrupted: ')[1].split()[0])
    assert 4 <= len(made) < 400 and 0 <= len(made) - told <= 1  # it may come between writing and counting
    for name in made:
        assert read_picture(data / 'out' / name).shape == (48, 64)


def test_tiles_are_used_and_reported(run):
    code, out, _ = run('ir/one.png vis/one.png -o tiled.png --preset noise --tile 64 --json')
    assert code == 0 and json.loads(out)['results'][0]['tiling'].keys() >= {'tiles', 'side', 'halo', 'error'}
    assert json.loads(out)['results'][0]['tiling']['side'] == 64
