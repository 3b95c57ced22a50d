"""The one convention of all fusion numbers: 8-bit luminance of what is saved, against 8-bit luminance of the sources.

``tools/test.py`` (through the metrics of :mod:`drfuse.evaluation.metrics`) and ``drfuse evaluate`` (through files)
both come through here, so they agree to the last digit.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from drfuse.datasets.image_io import read_image, set_channels, to_tensor
from drfuse.utils.enlarge import enlarge as enlarge_batch

AGAINST = ('clean', 'observed')
"""What a fused image is measured against; part of every result's name, since the two may not be compared."""

_LUMA_PER_MILLE = (299, 587, 114)
_FLOAT32_SLACK = 1e-4


def to_uint8(image: np.ndarray | torch.Tensor) -> np.ndarray:
    """Quantise an image in [0, 1] to 8 bits: ``floor(255 clip(x, 0, 1) + 0.5)`` in float32, as files are written.

    Args:
        image: Any shape.

    Returns:
        uint8 array of the same shape.

    Raises:
        ValueError: If the image holds NaN.
    """
    return _quantise(image, 0)


def _quantise(image: np.ndarray | torch.Tensor, slack: float) -> np.ndarray:
    values = torch.as_tensor(image).detach().cpu().float().numpy()
    if np.isnan(values).any():
        raise ValueError(f'cannot quantise an image that holds NaN (shape {tuple(values.shape)})')
    return np.floor(255 * values.clip(0, 1) + 0.5 + slack).astype(np.uint8)


def source_to_uint8(luminance: torch.Tensor) -> np.ndarray:
    """Quantise the float32 luminance of a source file to the 8-bit luminance :func:`read_luminance` gives for it.

    The exact luminance of 8-bit RGB has steps of 0.001 levels; a slack of 0.0001 levels absorbs float32 rounding
    where it lies exactly between two levels.

    Raises:
        ValueError: If the image holds NaN.
    """
    return _quantise(luminance, _FLOAT32_SLACK)


def luminance(image: np.ndarray) -> np.ndarray:
    """Return the BT.601 full-range luminance of an 8-bit image, halves rounded up, in exact arithmetic.

    Args:
        image: uint8 (H, W), (H, W, 1) or RGB (H, W, 3).

    Returns:
        uint8 (H, W).

    Raises:
        TypeError: If the image is not uint8.
        ValueError: For another shape.
    """
    if image.dtype != np.uint8:
        raise TypeError(f'luminance takes uint8 images, got {image.dtype}')
    if image.ndim == 2:
        return image
    if image.ndim != 3 or image.shape[2] not in (1, 3):
        raise ValueError(f'an image has shape (H, W), (H, W, 1) or (H, W, 3), got {image.shape}')
    if image.shape[2] == 1:
        return image[..., 0]
    weighted = image.astype(np.int32) @ np.array(_LUMA_PER_MILLE, np.int32)
    return ((weighted + 500) // 1000).astype(np.uint8)


def read_luminance(path: str | Path) -> np.ndarray:
    """Read an image file as 8-bit luminance.

    Args:
        path: PNG, JPEG, BMP or TIFF; grey, palette, RGB or RGBA (alpha ignored); 8 or 16 bits, or floats in [0, 1].

    Returns:
        uint8 (H, W).

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read as such an image; the message names the file.
    """
    image = read_image(path)
    if image.dtype == np.uint8:
        return luminance(image)
    return source_to_uint8(set_channels(to_tensor(image), 1)[0])


def enlarge(image: torch.Tensor, shape: tuple[int, int]) -> torch.Tensor:
    """Enlarge an observation of lower resolution bicubically (half-pixel centres) to the size of the fused image.

    Args:
        image: (1, h, w) in [0, 1].
        shape: Target height and width.

    Returns:
        (1, H, W) in [0, 1]; the image itself if the size fits already.
    """
    if tuple(image.shape[-2:]) == tuple(shape):
        return image
    return enlarge_batch(image[None].float(), shape)[0].clamp(0, 1)


def saved_luminance(sample: Mapping[str, Any]) -> np.ndarray:
    """Return the 8-bit luminance of the result as it is saved.

    Args:
        sample: Data sample as a mapping; ``fused_image`` (3 or 1, H, W) is what is saved if it is there,
            otherwise ``pred_fused`` (1, H, W).

    Returns:
        uint8 (H, W).

    Raises:
        ValueError: If the prediction holds NaN.
    """
    image = sample.get('fused_image')
    image = sample['pred_fused'] if image is None else image
    return luminance(np.moveaxis(to_uint8(image), 0, -1))


def source_luminance(sample: Mapping[str, Any], against: str) -> tuple[np.ndarray, ...]:
    """Return the 8-bit luminance of the sources of a data sample.

    Args:
        sample: Data sample as a mapping with ``gt_sources`` (M, H, W), or ``observed`` (modality to (1, h, w)).
        against: ``clean`` for the labels; ``observed`` for what the model got, enlarged bicubically where smaller.

    Returns:
        M arrays uint8 (H, W).

    Raises:
        ValueError: If the sample has no such sources, or for another ``against``.
    """
    check_against(against)
    key = 'gt_sources' if against == 'clean' else 'observed'
    if sample.get(key) is None:
        raise ValueError(f'a metric against={against!r} needs {key} in the data samples, which hold {sorted(sample)}')
    if against == 'clean':
        return tuple(source_to_uint8(source) for source in sample['gt_sources'])
    shape = tuple(sample['pred_fused'].shape[-2:])
    observed: Sequence[torch.Tensor] = list(sample['observed'].values())
    return tuple(source_to_uint8(enlarge(image.detach().cpu(), shape)[0]) for image in observed)


def check_against(against: str) -> None:
    """Raise ``ValueError`` unless ``against`` is one of :data:`AGAINST`."""
    if against not in AGAINST:
        raise ValueError(f'against must be one of {AGAINST}, got {against!r}')
