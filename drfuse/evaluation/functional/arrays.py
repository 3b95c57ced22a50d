"""What the metrics need of NumPy and PyTorch alike: checks, filters and small array helpers.

Every formula of this package is written once, with the functions that NumPy and PyTorch spell the
same way; ``namespace(x)`` returns the module that ``x`` belongs to. Images sit in the last two axes.
"""

import os
from collections.abc import Iterator
from types import ModuleType
from typing import TypeVar

import numpy as np
import torch

Array = np.ndarray | torch.Tensor
A = TypeVar('A', np.ndarray, torch.Tensor)

_BLOCK = 16
_SMALL_PRODUCT = 250_000


def namespace(x: Array) -> ModuleType:
    """Return ``torch`` for a tensor and ``numpy`` for anything else."""
    return torch if isinstance(x, torch.Tensor) else np


def available_workers() -> int:
    """Return the number of CPU cores that this process may use."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def constant_like(values: np.ndarray, like: A) -> A:
    """Return a NumPy array of constants in the array type, and on the device, of ``like``."""
    if isinstance(like, torch.Tensor):
        return torch.as_tensor(np.ascontiguousarray(values), device=like.device)
    return values


def image_sum(x: A) -> A:
    """Sum over the last two axes."""
    return x.sum((-2, -1))


def image_mean(x: A) -> A:
    """Mean over the last two axes."""
    return x.sum((-2, -1)) / (x.shape[-2] * x.shape[-1])


def image_min(x: A) -> A:
    """Minimum over the last two axes, kept with length 1."""
    return x.amin((-2, -1), keepdim=True) if isinstance(x, torch.Tensor) else x.min((-2, -1), keepdims=True)


def image_max(x: A) -> A:
    """Maximum over the last two axes, kept with length 1."""
    return x.amax((-2, -1), keepdim=True) if isinstance(x, torch.Tensor) else x.max((-2, -1), keepdims=True)


def is_constant(x: A) -> A:
    """Tell, image by image, whether all pixels are equal."""
    return (image_max(x) == image_min(x))[..., 0, 0]


def scalar(x: Array | float) -> 'float | torch.Tensor':
    """Return a Python float for a NumPy value; a tensor passes as it is."""
    return x if isinstance(x, torch.Tensor) else float(x)


def empty(shape: tuple[int, ...], like: A) -> A:
    """Return uninitialised memory of the type of ``like``."""
    if isinstance(like, torch.Tensor):
        return torch.empty(shape, dtype=like.dtype, device=like.device)
    return np.empty(shape, like.dtype)


def gaussian_taps(size: int, sigma: float) -> np.ndarray:
    """Return the (size,) Gaussian window of standard deviation ``sigma``, normalised to sum 1."""
    x = np.arange(size) - (size - 1) / 2
    taps = np.exp(-x**2 / (2 * sigma**2))
    return taps / taps.sum()


def correlate_separable(x: A, taps: np.ndarray, valid: bool = False) -> A:
    """Correlate with the outer product of ``taps`` with itself.

    A product with the narrow blocks of the banded Toeplitz matrix: the fastest exact way in both libraries.

    Args:
        x: (..., H, W) float64.
        taps: (K,) window, K odd unless ``valid``.
        valid: Keep only windows that lie inside; otherwise zeros are assumed outside and the size stays.
    """
    reach = 0 if valid else len(taps) // 2
    h, w = (n - len(taps) + 1 + 2 * reach for n in x.shape[-2:])
    band = constant_like(_band(taps, _BLOCK), x)
    across = constant_like(_band(taps, _BLOCK).T.copy(), x)
    middle = empty((*x.shape[:-2], h, x.shape[-1]), x)
    out = empty((*x.shape[:-2], h, w), x)
    for rows, source, part in _blocks(h, x.shape[-2], reach, len(taps)):
        for chunk in _chunks(x.shape[-1], len(taps), x):
            _multiply(band[part[0], part[1]], x[..., source, chunk], middle[..., rows, chunk])
    lines, results = middle.reshape(-1, x.shape[-1]), out.reshape(-1, w)
    for columns, source, part in _blocks(w, x.shape[-1], reach, len(taps)):
        for chunk in _chunks(len(lines), len(taps), x):
            _multiply(lines[chunk, source], across[part[1], part[0]], results[chunk, columns])
    return out


def _blocks(n_out: int, n_in: int, reach: int, taps: int) -> Iterator[tuple[slice, slice, tuple[slice, slice]]]:
    """Yield the outputs of one block, the inputs they need, and the part of the band matrix that joins them."""
    for start in range(0, n_out, _BLOCK):
        stop = min(start + _BLOCK, n_out)
        first = start - reach
        low, high = max(first, 0), min(stop - reach + taps - 1, n_in)
        yield slice(start, stop), slice(low, high), (slice(0, stop - start), slice(low - first, high - first))


def _chunks(n: int, taps: int, like: Array) -> Iterator[slice]:
    """Split the other axis so that a NumPy product is too small for BLAS to start threads of its own."""
    size = n if isinstance(like, torch.Tensor) else max(16, _SMALL_PRODUCT // (_BLOCK * (_BLOCK + taps - 1)))
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def _multiply(x: A, y: A, out: A) -> None:
    if isinstance(out, torch.Tensor):
        out[...] = x @ y
    else:
        np.matmul(x, y, out=out)


def _band(taps: np.ndarray, rows: int) -> np.ndarray:
    matrix = np.zeros((rows, rows + len(taps) - 1))
    for row in range(rows):
        matrix[row, row:row + len(taps)] = taps
    return matrix


def box_sum(x: A, size: int) -> A:
    """Sum over every ``size`` x ``size`` window inside; exact for integer values.

    Args:
        x: (..., H, W) with H, W >= size.
        size: Side of the window in pixels.

    Returns:
        (..., H - size + 1, W - size + 1).
    """
    return _run_sum(_run_sum(x, size, -2), size, -1)


def _run_sum(x: A, size: int, axis: int) -> A:
    """Sum over ``size`` neighbours with a logarithmic number of additions."""
    def cut(y: A, start: int, length: int) -> A:
        return y[..., start:start + length] if axis == -1 else y[..., start:start + length, :]

    length = x.shape[axis] - size + 1
    power, width, total, done = x, 1, None, 0
    while done < size:
        if size & width:
            part = cut(power, done, length)
            total, done = part if total is None else total + part, done + width
        if done < size:
            n = power.shape[axis] - width
            power, width = cut(power, 0, n) + cut(power, width, n), 2 * width
    return total


def sobel(framed: A) -> tuple[A, A]:
    """Return the Sobel derivatives along columns and rows.

    Kernels [-1 0 1; -2 0 2; -1 0 1] and its transpose, correlated.

    Args:
        framed: (..., H + 2, W + 2) images with a frame of one pixel; zeros there make the border an edge.

    Returns:
        Two arrays (..., H, W).
    """
    smooth_rows = framed[..., :-2, :] + 2 * framed[..., 1:-1, :] + framed[..., 2:, :]
    smooth_columns = framed[..., :-2] + 2 * framed[..., 1:-1] + framed[..., 2:]
    return (smooth_rows[..., 2:] - smooth_rows[..., :-2],
            smooth_columns[..., 2:, :] - smooth_columns[..., :-2, :])


def frequency_grid(n: int) -> np.ndarray:
    """Return the (n,) grid ``(k - floor(n/2)) * 2/n``, zero in the FFT-shifted centre."""
    return (np.arange(n) - n // 2) * 2 / n


def central_difference(x: A, axis: int) -> A:
    """Return central differences along axis -1 or -2, one-sided at the border; at least 2 pixels."""
    n = x.shape[axis]
    y = x.swapaxes(axis, -1)
    out = namespace(x).empty_like(y)
    out[..., 1:n - 1] = (y[..., 2:] - y[..., :n - 2]) / 2
    out[..., 0] = y[..., 1] - y[..., 0]
    out[..., n - 1] = y[..., n - 1] - y[..., n - 2]
    return out.swapaxes(axis, -1)
