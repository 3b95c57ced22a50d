"""Boundary rules as linear maps: extension of an image, and its adjoint."""

from typing import Literal, get_args

import torch
from torch.nn import functional as F

_BATCHED = 4

Boundary = Literal['circular', 'reflect', 'zero']


def check_boundary(boundary: str) -> Boundary:
    """Return the boundary rule, or raise a ValueError that names the allowed ones."""
    if boundary not in get_args(Boundary):
        raise ValueError(f'boundary must be one of {get_args(Boundary)}, got {boundary!r}')
    return boundary  # type: ignore[return-value]


def source_index(size: int, before: int, after: int, boundary: Boundary, device: torch.device) -> torch.Tensor:
    """Return which of ``size`` pixels each pixel of the extended axis copies (reflect, circular).

    ``reflect`` mirrors about the outermost pixel without repeating it, as often as needed.
    """
    position = torch.arange(-before, size + after, device=device)
    if boundary == 'circular' or size == 1:
        return position % size
    period = torch.full_like(position[:1], 2 * (size - 1))  # as a tensor: exporters take no symbolic number here
    folded = position % period
    return torch.where(folded < size, folded, period - folded)


def extend(x: torch.Tensor, pad: tuple[int, int, int, int], boundary: Boundary) -> torch.Tensor:
    """Extend (..., H, W) by (left, right, top, bottom) pixels."""
    left, right, top, bottom = pad
    if boundary == 'zero':
        return F.pad(x, pad)
    height, width = x.shape[-2:]
    if boundary == 'reflect' and x.ndim == _BATCHED and max(top, bottom) < height and max(left, right) < width:
        return F.pad(x, pad, mode='reflect')
    rows = source_index(height, top, bottom, boundary, x.device)
    columns = source_index(width, left, right, boundary, x.device)
    return x.index_select(-2, rows).index_select(-1, columns)


def extend_adjoint(y: torch.Tensor, pad: tuple[int, int, int, int], boundary: Boundary) -> torch.Tensor:
    """Apply the transpose of :func:`extend`: every extended pixel is added to the one it copied."""
    left, right, top, bottom = pad
    height, width = y.shape[-2] - top - bottom, y.shape[-1] - left - right
    if boundary == 'zero':
        return y[..., top:top + height, left:left + width]
    rows = source_index(height, top, bottom, boundary, y.device)
    columns = source_index(width, left, right, boundary, y.device)
    folded = y.new_zeros(*y.shape[:-2], height, y.shape[-1]).index_add(-2, rows, y)
    return y.new_zeros(*y.shape[:-2], height, width).index_add(-1, columns, folded)
