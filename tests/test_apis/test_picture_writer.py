"""Writing: whole files only, and only kinds that can hold the pixels; test_picture_io.py reads back what is written."""

import errno

import numpy as np
import pytest

from drfuse.apis.picture import Picture
from drfuse.apis.picture_writer import write_picture
from drfuse.utils.config import UserError

GREY, GREY16 = np.arange(600, dtype=np.uint8).reshape(20, 30), np.zeros((20, 30), np.uint16)
FLOAT = np.zeros((20, 30), np.float32)


@pytest.mark.parametrize(('name', 'form', 'message'), [
    ('a.jpg', Picture(GREY16), 'cannot hold 16 bits: use .png or .tif'), ('a', Picture(GREY), 'not without a suffix'),
    ('a.jpg', Picture(GREY, GREY), 'cannot hold alpha'),
    ('a.png', Picture(FLOAT), 'cannot hold float pixels: use .tif'),
    ('a.gif', Picture(GREY), 'results are written as .png')])
def test_files_that_cannot_hold_the_pixels(tmp_path, name, form, message):
    with pytest.raises(UserError, match=message):
        write_picture(tmp_path / name, form)
    assert list(tmp_path.iterdir()) == []


def test_full_disk_leaves_nothing_and_is_one_line(tmp_path, monkeypatch):
    def full(path, data):
        raise OSError(errno.ENOSPC, 'No space left on device')
    write_picture(tmp_path / 'a.png', Picture(GREY))
    before = (tmp_path / 'a.png').read_bytes()
    monkeypatch.setattr('drfuse.utils.checkpoint.os.fsync', lambda file: full(None, None))
    with pytest.raises(UserError, match=r'cannot write .*a\.png: No space left on device'):
        write_picture(tmp_path / 'a.png', Picture(GREY.T.copy()))
    assert [f.name for f in tmp_path.iterdir()] == ['a.png']
    assert (tmp_path / 'a.png').read_bytes() == before
