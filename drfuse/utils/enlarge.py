"""Enlarging what was reduced by an integer factor, without moving it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F


def whole_factor(small: Sequence[int], full: Sequence[int]) -> int | None:
    """Return the integer s of which ``small`` (h, w) are the cells of s x s pixels of ``full`` (H, W), or None.

    The last cells may be cut, or left out, in both directions alike.
    """
    guess = max(round(n / m) for n, m in zip(full, small, strict=True))
    fitting = (s for s in (guess, guess - 1, guess + 1) if s > 0
               and (all(-(-n // s) == m for n, m in zip(full, small, strict=True))
                    or all(n // s == m for n, m in zip(full, small, strict=True))))
    return next(fitting, None)


def enlarge(image: torch.Tensor, shape: Sequence[int], mode: str = 'bicubic', antialias: bool = False,
            factor: int | None = None) -> torch.Tensor:
    """Enlarge an image by interpolation between the centres of its cells.

    Where the size is that of cells of s x s pixels of which the last are cut, interpolating to the size itself would
    stretch the image: by up to s - 1 pixels at the far end. So it is enlarged by s, and cut. Cells that were left out
    repeat the last pixels.

    Args:
        image: (B, C, h, w).
        shape: (H, W).
        mode: ``'bicubic'`` or ``'bilinear'``, half-pixel centres; ``'nearest'`` repeats cells.
        antialias: PyTorch's other kernels, wider where an image is reduced; its bicubic one has Keys' a = -1/2 (else
            -3/4), with which a ramp stays a ramp.
        factor: Side of the cells where it is known; None = by the sizes, which for few cells fit several.

    Returns:
        (B, C, H, W); the image itself if the size fits already.
    """
    height, width = shape
    if tuple(image.shape[-2:]) == (height, width):
        return image
    factor = factor or whole_factor(image.shape[-2:], (height, width))
    if factor is None:
        return F.interpolate(image, (height, width), mode=mode, antialias=antialias)
    large = F.interpolate(image, scale_factor=factor, mode=mode, antialias=antialias)[..., :height, :width]
    gap = (0, width - large.shape[-1], 0, height - large.shape[-2])
    return F.pad(large, gap, 'replicate') if any(gap) else large
