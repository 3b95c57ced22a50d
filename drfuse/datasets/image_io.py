"""Reading stored images without losing bits, and bringing them to [0, 1]."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import mmcv
import numpy as np
import torch
from mmengine.fileio import get

from drfuse.structures.color import rgb_to_ycbcr

IMAGE_EXTENSIONS = ('.png', '.jpg', '.jpeg', '.bmp', '.tif', '.tiff')
"""File kinds that are read, in lower case."""

_FULL_SCALE = {'uint8': 255.0, 'uint16': 65535.0}
_END_MARKS = {'.png': b'IEND', '.jpg': b'\xff\xd9', '.jpeg': b'\xff\xd9'}
# writers may append a few bytes behind the end mark
_TAIL = 4096
_SAMPLES_PER_PIXEL = 277


def read_image(path: str | Path) -> np.ndarray:
    """Read an image file as stored.

    Grey stays grey and colour comes as RGB; a palette is expanded. An alpha channel is dropped without
    compositing: fusion needs the sensor's values, also where a viewer would show nothing. EXIF
    orientation is ignored, because the partner file is registered to the stored pixels.

    Args:
        path: PNG, JPEG, BMP or TIFF of 8 or 16 bits, or a float TIFF in [0, 1].

    Returns:
        (H, W) or (H, W, 3), uint8, uint16 or float32.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be decoded, or has another number of channels or pixel type.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'no image file {path}')
    data = get(str(path))
    samples = _tiff_samples(data)
    if samples not in (1, 3, 4):
        raise ValueError(f'{path} has {samples} channels; allowed are 1 (grey), 3 (RGB) and 4 (RGB with alpha)')
    mark = _END_MARKS.get(path.suffix.lower(), b'')
    image = mmcv.imfrombytes(data, flag='unchanged', backend='cv2') if data and mark in data[-_TAIL:] else None
    if image is None:
        raise ValueError(f'cannot decode {path}: the file is corrupt, cut off or no image')
    if image.ndim == 3:
        # the decoder expands grey with alpha to four channels
        image = image[..., 0] if _is_grey_alpha_png(data) else image[..., 2::-1]
    return _checked(image, path)


def _is_grey_alpha_png(data: bytes) -> bool:
    return data[:8] == b'\x89PNG\r\n\x1a\n' and data[25] == 4


def _tiff_samples(data: bytes) -> int:
    """Return the samples per pixel (tag 277) of a TIFF file, which the decoder would change silently; else 1."""
    order = {b'II*\0': '<', b'MM\0*': '>'}.get(data[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f'{order}I', data, 4)
        (count,) = struct.unpack_from(f'{order}H', data, start)
        entries = (struct.unpack_from(f'{order}HHIH', data, start + 2 + 12 * i) for i in range(count))
        return next((value for tag, _, _, value in entries if tag == _SAMPLES_PER_PIXEL), 1)
    except struct.error:
        return 1


def _checked(image: np.ndarray, path: Path) -> np.ndarray:
    """Return the image if its pixel type is supported, floats as float32."""
    if image.dtype.kind == 'f':
        low, high = float(image.min()), float(image.max())
        if not 0 <= low <= high <= 1:
            raise ValueError(f'{path} holds floats from {low:.4g} to {high:.4g}; allowed is [0, 1]')
        image = image.astype(np.float32)
    elif image.dtype.name not in _FULL_SCALE:
        raise ValueError(f'{path} has pixel type {image.dtype}; allowed are uint8, uint16 and floats in [0, 1]')
    return np.ascontiguousarray(image)


def to_tensor(image: np.ndarray) -> torch.Tensor:
    """Bring an image to [0, 1].

    Args:
        image: (H, W) or (H, W, 3); uint8 is divided by 255, uint16 by 65535, floats are kept.

    Returns:
        (C, H, W) float32, C = 1 or 3.
    """
    scale = _FULL_SCALE.get(image.dtype.name, 1.0)
    planes = (image,) if image.ndim == 2 else cv2.split(image)  # noqa: PLR2004
    result = np.empty((len(planes), *image.shape[:2]), np.float32)
    for target, plane in zip(result, planes, strict=True):
        np.divide(plane, np.float32(scale), out=target, casting='same_kind', dtype=np.float32)
    return torch.from_numpy(result)


def set_channels(image: torch.Tensor, channels: int) -> torch.Tensor:
    """Bring an image to 1 or 3 channels.

    Three equal channels become one of them, exactly; other colour images become their BT.601 luminance,
    not rounded. One channel is repeated.

    Args:
        image: (C, H, W), C = 1 or 3.
        channels: 1 or 3.

    Raises:
        ValueError: If ``channels`` is neither.
    """
    if channels not in (1, 3):
        raise ValueError(f'channels must be 1 or 3, got {channels!r}')
    if image.shape[0] == channels:
        return image
    if channels == 3:
        return image.repeat(3, 1, 1)
    if torch.equal(image[0], image[1]) and torch.equal(image[0], image[2]):
        return image[:1].clone()
    return rgb_to_ycbcr(image)[0]
