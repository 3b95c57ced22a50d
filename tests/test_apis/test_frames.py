"""Frames of folders and video files."""

import cv2
import numpy as np
import pytest

from drfuse.apis.frames import open_frames, write_video
from drfuse.utils.config import UserError


def write_frames(folder, count, size=(32, 48)):
    """Frames whose level tells their number."""
    folder.mkdir(exist_ok=True)
    for i in range(count):
        cv2.imwrite(str(folder / f'f{i + 8}.png'), np.full((*size, 3), 10 * i, np.uint8))
    return folder


def levels(frames):
    return [round(float(f.pixels.mean()) / 10) for f in frames]


def test_a_folder_is_read_in_the_order_of_its_numbers(tmp_path):
    frames = open_frames(write_frames(tmp_path / 'x', 5))
    assert list(frames.names) == ['f8', 'f9', 'f10', 'f11', 'f12'] and frames.fps is None
    assert levels(frames.read()) == [0, 1, 2, 3, 4] and levels(frames.read(3)) == [3, 4]
    assert levels([frames.sample(2)]) == [2]


@pytest.mark.parametrize('suffix', ['.avi', '.mp4', '.mkv'])
def test_a_video_file_comes_back(suffix, tmp_path):
    files = sorted(write_frames(tmp_path / 'x', 9, (33, 48)).iterdir(), key=lambda p: int(p.stem[1:]))
    path = tmp_path / f'clip{suffix}'
    write_video(path, files, 12.5)
    frames = open_frames(path)
    assert len(frames) == 9 and frames.fps == pytest.approx(12.5, abs=0.01)
    assert levels(frames.read()) == list(range(9)) and levels(frames.read(6)) == [6, 7, 8]
    assert levels([frames.sample(4)]) == [4]
    assert frames.sample(0).pixels.shape == (32, 48, 3)  # even
    assert sorted(p.name for p in tmp_path.iterdir()) == [f'clip{suffix}', 'x']


def test_mistakes_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='no video file or folder'):
        open_frames(tmp_path / 'none.mp4')
    (tmp_path / 'empty').mkdir()
    with pytest.raises(UserError, match='no images in'):
        open_frames(tmp_path / 'empty')
    (tmp_path / 'text.mp4').write_text('no video')
    with pytest.raises(UserError, match='is no video file that OpenCV can read'):
        open_frames(tmp_path / 'text.mp4')


def test_a_folder_has_one_size_or_says_which_file_has_not(tmp_path):
    folder = write_frames(tmp_path / 'x', 3)
    frames = open_frames(folder)
    frames.check_size(3)
    cv2.imwrite(str(folder / 'f10.png'), np.zeros((32, 50, 3), np.uint8))
    frames.check_size(2)
    with pytest.raises(UserError, match=r'f10\.png is 32 x 50 .*, not 32 x 48 as .*f8\.png'):
        frames.check_size(3)


def test_a_video_file_has_one_size(tmp_path):
    path = tmp_path / 'x.avi'
    write_video(path, sorted(write_frames(tmp_path / 'x', 2).iterdir()), 25)
    open_frames(path).check_size(2)


def test_frames_of_another_size_are_not_dropped(tmp_path):
    files = sorted(write_frames(tmp_path / 'x', 2).iterdir())
    cv2.imwrite(str(tmp_path / 'x' / 'z.png'), np.zeros((32, 50, 3), np.uint8))
    with pytest.raises(UserError, match=r'z\.png is 32 x 50 .*, not 32 x 48 as the first frame'):
        write_video(tmp_path / 'clip.avi', [*files, tmp_path / 'x' / 'z.png'], 25)
    assert [p.name for p in tmp_path.iterdir()] == ['x']


def test_a_video_that_lacks_frames_is_not_kept(tmp_path, lossy_writer):
    files = sorted(write_frames(tmp_path / 'x', 4).iterdir())
    with pytest.raises(UserError, match=r'cannot write .*clip\.avi: it holds 3 of 4 frames'):
        write_video(tmp_path / 'clip.avi', files, 25)
    assert [p.name for p in tmp_path.iterdir()] == ['x']


def test_frames_that_are_not_there_are_named(tmp_path):
    (tmp_path / 'text.png').write_text('no picture')
    for files, message in (([tmp_path / 'text.png'], r'cannot read .*text\.png'), ([], 'there are no frames')):
        with pytest.raises(UserError, match=message):
            write_video(tmp_path / 'clip.avi', files, 25)


def test_a_video_that_cannot_be_written_leaves_nothing(tmp_path):
    files = list(write_frames(tmp_path / 'x', 2).iterdir())
    with pytest.raises(UserError, match='cannot write'):
        write_video(tmp_path / 'none' / 'clip.avi', files, 25)
    assert [p.name for p in tmp_path.iterdir()] == ['x']
