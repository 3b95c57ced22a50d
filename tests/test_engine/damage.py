"""Ways to damage a folder of pairs."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np


def each(relative: str, change: Callable[[Path], object]) -> Callable[[Path], None]:
    """Return what changes every image of a folder."""
    def damage(root: Path) -> None:
        for path in list((root / relative).iterdir()):
            change(path)
    return damage


def store(suffix: str, shape: tuple, dtype: str = 'uint8', value: float = 1) -> Callable[[Path], None]:
    """Return what replaces an image by one of another form."""
    def write(path: Path) -> None:
        path.unlink()
        cv2.imwrite(str(path.with_suffix(suffix)), np.full(shape, value, dtype))
    return write


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def set_tiff_channels(count: int) -> Callable[[Path], None]:
    """Return what replaces an image by a TIFF file whose header names ``count`` samples per pixel."""
    entry = b'\x01\x00' + (277).to_bytes(2, 'little') + b'\x03\x00' + (1).to_bytes(4, 'little')

    def write(path: Path) -> None:
        path.unlink()
        path.with_suffix('.tif').write_bytes(b'II*\0\x08\0\0\0' + entry + count.to_bytes(4, 'little') + bytes(4))
    return write


def note(name: str, text: bytes) -> Callable[[Path], object]:
    return lambda root: (root / name).write_bytes(text)
