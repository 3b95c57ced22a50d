"""A picture as its owner has it: any bit depth, grey or colour, with alpha and metadata, and back to the same form."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image

from drfuse.datasets.image_io import to_tensor
from drfuse.utils.config import UserError

MIN_SIDE = 16
"""Shortest side of a picture that can be fused, in pixels."""

_LEVELS = {'uint8': 255, 'uint16': 65535}
_ALLOWED = 'a path, a PIL image, a NumPy array or a tensor'


@dataclass(frozen=True)
class Metadata:
    """What a file says beside its pixels; carried over to the result.

    Attributes:
        exif: EXIF block without the orientation, which has been applied; empty if there is none.
        icc: Colour profile; empty if there is none.
        dpi: Resolution (x, y) in dots per inch.
    """

    exif: bytes = b''
    icc: bytes = b''
    dpi: tuple[float, float] | None = None


@dataclass(frozen=True)
class Picture:
    """Pixels, and the form to give back.

    Attributes:
        pixels: (H, W) grey or (H, W, 3) RGB, uint8, uint16, or float32 in [0, 1]; upright.
        alpha: (H, W) of the same type, None if there is none.
        metadata: What the file says beside the pixels.
        name: How messages call it: the path, or what it is.
        path: The file, None for pixels from memory.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None = None
    metadata: Metadata = field(default_factory=Metadata)
    name: str = 'picture'
    path: Path | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @cached_property
    def is_colour(self) -> bool:
        """Whether it has three channels that are not all equal."""
        return self.pixels.ndim == 3 and (_channels_differ(self.pixels[::16, ::16]) or _channels_differ(self.pixels))

    def to_tensor(self) -> torch.Tensor:
        """Return the stored channels (C, H, W), C = 1 or 3, float32 in [0, 1]; three equal channels count as one."""
        grey = self.pixels.ndim == 3 and not self.is_colour
        return to_tensor(self.pixels[..., 0] if grey else self.pixels)

    def to_array(self) -> np.ndarray:
        """Return (H, W), (H, W, 2), (H, W, 3) or (H, W, 4): grey or RGB, alpha last."""
        if self.alpha is None:
            return self.pixels
        planes = self.pixels[..., None] if self.pixels.ndim == 2 else self.pixels
        return np.concatenate([planes, self.alpha[..., None]], 2)

    def filled_with(self, image: torch.Tensor, grey: bool = False) -> Picture:
        """Return a picture of this form (pixel type, alpha, metadata) with other pixels.

        Args:
            image: (1, H, W) or (3, H, W) in [0, 1]; values outside are clamped.
            grey: Keep one channel, also where this picture is stored in three.

        Returns:
            Grey if the image is, unless this picture is stored in three channels; alpha only where the size is kept.
        """
        return self.with_pixels(self.levels(image, grey))

    def levels(self, image: torch.Tensor, grey: bool = False) -> np.ndarray:
        """Return an image in the pixel type and number of channels of :meth:`filled_with`."""
        planes = image.detach().float().cpu()
        levels = _LEVELS.get(self.pixels.dtype.name)
        if levels:  # in double precision, rounded half up
            planes = planes.double().clamp_(0, 1).mul_(levels).add_(0.5).floor_()
        else:
            planes = planes.clamp(0, 1)
        array = planes.numpy().astype(self.pixels.dtype if levels else np.float32)
        if len(array) == 1 and (grey or self.pixels.ndim == 2):  # noqa: PLR2004
            return array[0]
        return cv2.merge([array[c % len(array)] for c in range(3)])

    def with_pixels(self, planes: np.ndarray) -> Picture:
        """Return this picture with other pixels (H, W) or (H, W, 3) of its type; see :meth:`filled_with`."""
        alpha = self.alpha if self.alpha is not None and self.alpha.shape == planes.shape[:2] else None
        # a profile of grey pixels says nothing of colours, and the other way round
        same = planes.ndim == self.pixels.ndim
        return replace(self, pixels=np.ascontiguousarray(planes), alpha=alpha,
                       metadata=self.metadata if same else replace(self.metadata, icc=b''))


def _channels_differ(pixels: np.ndarray) -> bool:
    return bool((pixels != pixels[..., :1]).any())


def as_picture(source: Any, name: str) -> Picture:
    """Return a picture of whatever a user handed over.

    Args:
        source: Path; PIL image of any mode; array (H, W), (H, W, 1), (H, W, 3) RGB or (H, W, 4) RGBA, uint8, uint16
            or floats in [0, 1]; tensor (H, W), (1, H, W) or (3, H, W), uint8 or floats in [0, 1]; or a picture.
        name: How messages call it.

    Raises:
        FileNotFoundError: If there is no such file.
        UserError: If it is none of these, or not usable; the message says what is allowed.
    """
    from drfuse.apis.picture_io import from_pil, read_picture  # noqa: PLC0415 - that module needs this one

    if isinstance(source, Picture):
        return source
    if isinstance(source, str | Path):
        return read_picture(source)
    if isinstance(source, Image.Image):
        return checked(from_pil(source, name))
    if isinstance(source, torch.Tensor):
        return checked(Picture(_tensor_pixels(source, name), name=name))
    if isinstance(source, np.ndarray):
        return checked(_from_array(source, name))
    raise UserError(f'{name} is a {type(source).__name__}; allowed are {_ALLOWED}')


def _tensor_pixels(tensor: torch.Tensor, name: str) -> np.ndarray:
    array = tensor.detach().cpu()
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[0] not in (1, 3)):
        raise UserError(f'{name} is a tensor of shape {tuple(array.shape)}; '
                        'allowed are (H, W), (1, H, W) and (3, H, W)')
    array = array.float() if array.is_floating_point() else array
    planes = array.numpy()
    if planes.ndim == 3:
        planes = planes[0] if len(planes) == 1 else planes.transpose(1, 2, 0)
    return planes


def _from_array(array: np.ndarray, name: str) -> Picture:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise UserError(f'{name} is an array of shape {array.shape}; '
                        'allowed are (H, W), (H, W, 3) RGB and (H, W, 4) RGBA')
    if array.ndim == 3 and array.shape[2] == 4:
        return Picture(array[..., :3], array[..., 3], name=name)
    return Picture(array, name=name)


def checked(picture: Picture) -> Picture:
    """Return the picture if it can be fused, floats in single precision.

    Raises:
        UserError: If it is too small, or its pixels are of another type or range.
    """
    height, width = picture.shape
    if min(height, width) < MIN_SIDE:
        raise UserError(f'{picture.name} is {height} x {width} (height x width); '
                        f'the shortest side allowed is {MIN_SIDE} pixels')
    pixels, alpha = picture.pixels, picture.alpha
    if pixels.dtype.kind == 'f':
        low, high = float(pixels.min()), float(pixels.max())
        if not 0 <= low <= high <= 1:
            raise UserError(f'{picture.name} holds floats from {low:.4g} to {high:.4g}; '
                            'allowed is [0, 1]: scale it first')
        pixels = pixels.astype(np.float32)
        alpha = None if alpha is None else alpha.astype(np.float32)
    elif pixels.dtype.name not in _LEVELS:
        raise UserError(f'{picture.name} has pixel type {pixels.dtype}; '
                        'allowed are uint8, uint16 and floats in [0, 1]')
    return replace(picture, pixels=np.ascontiguousarray(pixels), alpha=alpha)
