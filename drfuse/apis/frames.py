"""Clips: the frames of a video file or of a folder, one at a time, and back."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from drfuse.apis.picture import Picture
from drfuse.apis.picture_io import read_picture
from drfuse.datasets.pairing import list_images
from drfuse.utils.config import UserError

CODECS = {'.mp4': 'mp4v', '.mkv': 'mp4v', '.avi': 'MJPG'}
"""Kinds of video files that are written, and the codec."""
_DIGITS = re.compile(r'(\d+)')


class FrameSource(ABC):
    """Frames in order.

    Attributes:
        path: The file or folder.
        names: One name a frame, without suffix.
        fps: Frames per second, None if nothing says so.
    """

    path: Path
    names: Sequence[str]
    fps: float | None = None

    def __len__(self) -> int:
        return len(self.names)

    @abstractmethod
    def read(self, start: int = 0) -> Iterator[Picture]:
        """Yield the frames from ``start`` on; one is held at a time."""

    @abstractmethod
    def sample(self, index: int) -> Picture:
        """Return one frame."""


class FolderFrames(FrameSource):
    """The pictures of a folder, in the order of the numbers in their names.

    Args:
        path: The folder.

    Raises:
        UserError: If it holds no pictures.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            table = list_images(path)
        except ValueError as error:
            raise UserError(error) from None
        self.names = sorted(table, key=_natural)
        self._files = [table[name] for name in self.names]

    def read(self, start: int = 0) -> Iterator[Picture]:
        """Yield the frames from ``start`` on."""
        return map(read_picture, self._files[start:])

    def sample(self, index: int) -> Picture:
        """Return one frame."""
        return read_picture(self._files[index])


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts frame_9 before frame_10."""
    return [(int(part), '') if part.isdecimal() else (-1, part) for part in _DIGITS.split(name) if part]


class VideoFrames(FrameSource):
    """The frames of a video file, decoded by OpenCV to 8 bits.

    Args:
        path: The file.

    Raises:
        UserError: If it cannot be opened, or does not say how many frames it has.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        video = self._open()
        count, self.fps = int(video.get(cv2.CAP_PROP_FRAME_COUNT)), float(video.get(cv2.CAP_PROP_FPS)) or None
        video.release()
        if count < 1:
            raise UserError(f'{path} does not say how many frames it has: write it anew, or extract the frames to a '
                            'folder')
        self.names = [f'{i:06d}' for i in range(count)]

    def _open(self) -> cv2.VideoCapture:
        video = cv2.VideoCapture(str(self.path))
        if not video.isOpened():
            raise UserError(f'cannot open {self.path}: it is no video file that OpenCV can read')
        return video

    def read(self, start: int = 0) -> Iterator[Picture]:
        """Yield the frames from ``start`` on; those before are passed over without being decoded."""
        video = self._open()
        try:
            for _ in range(start):
                video.grab()
            while True:
                found, frame = video.read()
                if not found:
                    return
                yield self._picture(frame)
        finally:
            video.release()

    def sample(self, index: int) -> Picture:
        """Return one frame, or one near it where the file cannot be searched exactly."""
        video = self._open()
        video.set(cv2.CAP_PROP_POS_FRAMES, index)
        found, frame = video.read()
        video.release()
        if found:
            return self._picture(frame)
        return next(self.read())

    def _picture(self, frame: np.ndarray) -> Picture:
        pixels = frame if frame.ndim == 2 else np.ascontiguousarray(frame[..., ::-1])
        return Picture(pixels, name=str(self.path))


def open_frames(path: str | Path) -> FrameSource:
    """Return the frames of a folder or of a video file.

    Raises:
        FileNotFoundError: If there is no such file or folder.
        UserError: If it holds no frames.
    """
    path = Path(path).expanduser()
    if path.is_dir():
        return FolderFrames(path)
    if not path.is_file():
        raise FileNotFoundError(f'no video file or folder {path}')
    return VideoFrames(path)


def write_video(path: Path, files: Iterable[Path], fps: float) -> None:
    """Join pictures to a video file, 8 bits; the file is complete or absent at any time.

    Args:
        path: File; its suffix is one of :data:`CODECS`.
        files: The frames, of one size. Video files hold even sizes: an odd last row or column is left out.
        fps: Frames per second.

    Raises:
        UserError: If it cannot be written.
    """
    part = path.with_name(f'.{path.stem}.part{path.suffix}')
    writer: cv2.VideoWriter | None = None
    try:
        for file in files:
            frame = cv2.imread(str(file), cv2.IMREAD_COLOR)
            height, width = (n // 2 * 2 for n in frame.shape[:2])
            if writer is None:
                code = cv2.VideoWriter.fourcc(*CODECS[path.suffix.lower()])
                writer = cv2.VideoWriter(str(part), code, fps, (width, height))
            if not writer.isOpened():
                raise UserError(f'cannot write {path}: OpenCV has no encoder for it, or the folder cannot be written')
            writer.write(np.ascontiguousarray(frame[:height, :width]))
        if writer is not None:
            writer.release()
            os.replace(part, path)
    except OSError as error:
        raise UserError(f'cannot write {path}: {error.strerror or error}') from None
    finally:
        if writer is not None:
            writer.release()
        part.unlink(missing_ok=True)
