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
from drfuse.apis.picture_io import peek_size, read_picture
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

    @abstractmethod
    def check_size(self, count: int) -> None:
        """Make sure that the first ``count`` frames have one size, as far as that is known without decoding them.

        Raises:
            UserError: If one of them has another size than the first.
        """


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

    def check_size(self, count: int) -> None:
        """Make sure that the first ``count`` files have one size; only their headers are read.

        Raises:
            UserError: If one of them has another size than the first.
        """
        first = peek_size(self._files[0])
        for file in self._files[1:count]:
            size = peek_size(file)
            if first is not None and size is not None and size != first:
                raise UserError(f'{file} is {_text(size)} (height x width), not {_text(first)} as {self._files[0]}: '
                                'the frames of a video file have one size; crop or resize it, or write to a folder')


def _text(size: Sequence[int]) -> str:
    return f'{size[0]} x {size[1]}'


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

    def check_size(self, count: int) -> None:
        """Do nothing: a video file has one size."""

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
        UserError: If it cannot be written, a frame cannot be read or has another size than the first, or the file
            lacks frames.
    """
    part = path.with_name(f'.{path.stem}.part{path.suffix}')
    try:
        wanted = _encode(part, path, files, fps)
        found = _count_frames(part)
        if found != wanted:  # OpenCV drops what it cannot write, on a full disk for example, and says nothing
            raise UserError(f'cannot write {path}: it holds {found} of {wanted} frames; is the disk full? The frames '
                            'are kept')
        os.replace(part, path)
    except OSError as error:
        raise UserError(f'cannot write {path}: {error.strerror or error}') from None
    finally:
        part.unlink(missing_ok=True)


def _encode(part: Path, path: Path, files: Iterable[Path], fps: float) -> int:
    """Write pictures to the video file ``part``, which messages call ``path``; return how many."""
    writer: cv2.VideoWriter | None = None
    count, size = 0, ()
    try:
        for file in files:
            frame = cv2.imread(str(file), cv2.IMREAD_COLOR)
            if frame is None:
                raise UserError(f'cannot read {file}: it is missing or damaged')
            if writer is None:
                size, code = frame.shape[:2], cv2.VideoWriter.fourcc(*CODECS[path.suffix.lower()])
                writer = cv2.VideoWriter(str(part), code, fps, (size[1] // 2 * 2, size[0] // 2 * 2))
            if not writer.isOpened():
                raise UserError(f'cannot write {path}: OpenCV has no encoder for it, or the folder cannot be written')
            if frame.shape[:2] != size:  # OpenCV would drop it
                raise UserError(f'{file} is {_text(frame.shape)} (height x width), not {_text(size)} as the first '
                                f'frame: {path} can hold one size only')
            writer.write(np.ascontiguousarray(frame[:size[0] // 2 * 2, :size[1] // 2 * 2]))
            count += 1
    finally:
        if writer is not None:
            writer.release()
    if not count:
        raise UserError(f'cannot write {path}: there are no frames')
    return count


def _count_frames(path: Path) -> int:
    """Return how many frames a video file has; its header may say what was meant to be there."""
    video, count = cv2.VideoCapture(str(path)), 0
    while video.grab():
        count += 1
    video.release()
    return count
