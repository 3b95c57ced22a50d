"""Separable filters on the CPU by OpenCV, by several threads; many times faster than FFTs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import torch

from drfuse.utils.threads import bands, in_threads

_BORDERS = dict(reflect=cv2.BORDER_REFLECT_101, replicate=cv2.BORDER_REPLICATE, zero=cv2.BORDER_CONSTANT)
_TYPES = (torch.float32, torch.float64)


class SeparableTaps(NamedTuple):
    """The two factors of a kernel, flipped for correlation: kernel = rows (kh,) times columns (kw,).

    Attributes:
        rows: Taps down a column of the image.
        columns: Taps along a row.
    """

    rows: np.ndarray
    columns: np.ndarray


def can_filter(image: torch.Tensor) -> bool:
    """Whether OpenCV may filter an image: on the CPU, nothing is to be differentiated, traced or exported."""
    recorded = torch.is_grad_enabled() and image.requires_grad
    return (image.device.type == 'cpu' and image.dtype in _TYPES and not recorded
            and not torch.compiler.is_compiling() and not torch.jit.is_tracing())


def split_kernel(kernel: torch.Tensor, tolerance: float = 1e-6) -> SeparableTaps | None:
    """Return the factors of one kernel (kh, kw) of odd sides, None if it is no product.

    Args:
        kernel: Taps of a convolution.
        tolerance: Largest error of the product, of the largest tap.
    """
    taps = kernel.detach().double().cpu().numpy()
    if taps.shape[0] % 2 == 0 or taps.shape[1] % 2 == 0:
        return None
    row, column = np.unravel_index(np.abs(taps).argmax(), taps.shape)
    peak = taps[row, column]
    if peak == 0:
        return None
    rows, columns = taps[:, column], taps[row] / peak
    if np.abs(np.outer(rows, columns) - taps).max() > tolerance * abs(peak):
        return None
    return SeparableTaps(rows[::-1].copy(), columns[::-1].copy())


def filter_separable(image: torch.Tensor, taps: list[SeparableTaps], border: str) -> torch.Tensor:
    """Correlate every channel with two taps; output size = input size.

    Args:
        image: (B, C, H, W), float32 or float64, for which :func:`can_filter` holds.
        taps: One a sample, or one for all.
        border: ``'reflect'``, ``'replicate'`` or ``'zero'``.

    Returns:
        (B, C, H, W), without gradient.
    """
    source = np.ascontiguousarray(image.detach().numpy())
    result = np.empty_like(source)
    height, reach = source.shape[-2], max(len(rows) // 2 for rows, _ in taps)
    parts = bands(height, min(torch.get_num_threads(), height // (2 * reach + 2)))
    jobs = [(b, c, part) for b, c in np.ndindex(source.shape[:2]) for part in parts]

    def run(job: tuple[int, int, tuple[int, int]]) -> None:
        b, c, (first, last) = job
        rows, columns = taps[b if len(taps) > 1 else 0]
        top, bottom = max(first - reach, 0), min(last + reach, height)
        filtered = cv2.sepFilter2D(source[b, c, top:bottom], -1, columns, rows, borderType=_BORDERS[border])
        result[b, c, first:last] = filtered[first - top:last - top]

    in_threads(run, jobs, source.size)
    return torch.from_numpy(result)


def filter_boxes(images: Sequence[torch.Tensor], side: int) -> list[torch.Tensor]:
    """Return the sums over all ``side`` x ``side`` windows, 0 beyond the border; as of :func:`filter_separable`."""
    sources = [np.ascontiguousarray(image.detach().numpy()) for image in images]
    results = [np.empty_like(source) for source in sources]
    planes = [(array[index], result[index]) for array, result in zip(sources, results, strict=True)
              for index in np.ndindex(array.shape[:2])]

    def run(plane: tuple[np.ndarray, np.ndarray]) -> None:
        cv2.boxFilter(plane[0], -1, (side, side), plane[1], normalize=False, borderType=cv2.BORDER_CONSTANT)

    in_threads(run, planes, sum(source.size for source in sources))
    return [torch.from_numpy(result) for result in results]
