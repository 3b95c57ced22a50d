"""One level of the discrete Meyer wavelet transform, from the definition of the wavelet."""

import functools

import numpy as np

from drfuse.evaluation.functional.arrays import A, constant_like, empty

_TAPS = 102
_GRID = 1 << 14


def _ramp(x: np.ndarray) -> np.ndarray:
    """Return the Meyer polynomial that goes smoothly from 0 at 0 to 1 at 1."""
    x = np.clip(x, 0, 1)
    return x**4 * (35 - 84 * x + 70 * x**2 - 20 * x**3)


@functools.cache
def meyer_filters() -> tuple[np.ndarray, np.ndarray]:
    """Return the low-pass and high-pass analysis filters, (102,) each.

    The low-pass has the frequency response sqrt(2) for ``|w| <= pi/3``, a cosine of the Meyer polynomial up to
    2 pi/3 and 0 beyond; it is cut off where it has decayed below 3e-6.
    """
    w = (np.arange(_GRID) + 0.5) * np.pi / _GRID
    response = np.sqrt(2) * np.cos(np.pi / 2 * _ramp(3 * w / np.pi - 1)) * (w < 2 * np.pi / 3)
    offset = np.arange(_TAPS) - _TAPS // 2
    low = (response * np.cos(offset[:, None] * w)).mean(1)
    high = low[::-1] * (-1.)**np.arange(1, _TAPS + 1)
    return low, high


def _mirrored(index: np.ndarray, n: int) -> np.ndarray:
    """Fold indices into 0..n-1 by half-sample symmetric extension."""
    index = np.mod(index, 2 * n)
    return np.where(index < n, index, 2 * n - 1 - index)


def _analysis_matrix(taps: np.ndarray, n: int) -> np.ndarray:
    """Return the (m, n) matrix of extension, filtering and keeping every second sample, m = floor((n + 101) / 2)."""
    outputs = (n + _TAPS - 1) // 2
    matrix = np.zeros((outputs, n))
    rows = np.arange(outputs)
    for k, tap in enumerate(taps):
        np.add.at(matrix, (rows, _mirrored(2 * rows + 1 - k, n)), tap)
    return matrix


def meyer_transform(x: A) -> A:
    """Return one level of the 2-D transform as one image, ``[approximation, horizontal; vertical, diagonal]``.

    Args:
        x: (..., H, W).

    Returns:
        (..., 2 floor((H + 101) / 2), 2 floor((W + 101) / 2)).
    """
    low, high = meyer_filters()
    h, w = x.shape[-2:]
    down = [constant_like(_analysis_matrix(taps, h), x) for taps in (low, high)]
    across = [constant_like(_analysis_matrix(taps, w).T, x) for taps in (low, high)]
    m, n = down[0].shape[0], across[0].shape[1]
    out = empty((*x.shape[:-2], 2 * m, 2 * n), x)
    for i in range(2):
        rows = down[i] @ x
        for j in range(2):
            # horizontal detail: low-pass along rows, high-pass along columns; it stands at the top right
            place = (j, i) if i != j else (i, j)
            out[..., place[0] * m:(place[0] + 1) * m, place[1] * n:(place[1] + 1) * n] = rows @ across[j]
    return out
