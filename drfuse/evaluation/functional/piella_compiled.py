"""The sums of Q_S and Q_W over 8 x 8 windows, compiled, for images of whole grey levels.

Column sums slide down the image by adding one row and taking one away, which is exact for integers only.
Compiled at the first call and kept on disk by Numba, which is an optional requirement.
"""

import numpy as np

from drfuse.evaluation.functional.phase_kernels_compiled import jit

_WINDOW = 8
_PLANES = 8


@jit
def window_sums(fused: np.ndarray, a: np.ndarray, b: np.ndarray, c1: float, c2: float) -> np.ndarray:
    """Return what ``piella._strip_terms`` returns for the flat window, of the whole image.

    Args:
        fused: (H, W) float64, whole numbers in 0..255, H and W at least 8.
        a: First source.
        b: Second source.
        c1: Constant of the luminance term.
        c2: Constant of the contrast term.

    Returns:
        (5,): qualities of both sources, the same weighted by saliency, and the saliency.
    """
    height, width = a.shape
    columns = np.zeros((_PLANES, width))
    means = np.empty((_PLANES, width - _WINDOW + 1))
    totals = np.zeros(5)
    for y in range(height):
        _add_row(columns, fused[y], a[y], b[y], 1.)
        if y >= _WINDOW:
            _add_row(columns, fused[y - _WINDOW], a[y - _WINDOW], b[y - _WINDOW], -1.)
        if y >= _WINDOW - 1:
            for plane in range(_PLANES):
                _average(columns[plane], means[plane])
            _add_qualities(means, c1, c2, totals)
    return totals


@jit
def _add_row(columns: np.ndarray, fused: np.ndarray, a: np.ndarray, b: np.ndarray, sign: float) -> None:
    """Add or take away a row: the three images, their squares, and the products of the fused one with the others."""
    for x in range(fused.shape[0]):
        columns[0, x] += sign * fused[x]
        columns[3, x] += sign * fused[x] * fused[x]
    for x in range(fused.shape[0]):
        columns[1, x] += sign * a[x]
        columns[4, x] += sign * a[x] * a[x]
        columns[6, x] += sign * a[x] * fused[x]
    for x in range(fused.shape[0]):
        columns[2, x] += sign * b[x]
        columns[5, x] += sign * b[x] * b[x]
        columns[7, x] += sign * b[x] * fused[x]


@jit
def _average(x: np.ndarray, out: np.ndarray) -> None:
    """Average over 8 neighbours of column sums of 8 rows."""
    for i in range(out.shape[0]):
        out[i] = (x[i] + x[i + 1] + x[i + 2] + x[i + 3] + x[i + 4] + x[i + 5] + x[i + 6] + x[i + 7]) / 64


@jit
def _similarity(moments: tuple[float, float, float, float, float], c1: float, c2: float) -> float:
    """Return SSIM of means, variances and covariance."""
    mx, my, vx, vy, covariance = moments
    return (2 * mx * my + c1) * (2 * covariance + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))


@jit
def _add_qualities(means: np.ndarray, c1: float, c2: float, totals: np.ndarray) -> None:
    """Add the five sums over one row of windows."""
    mf, ma, mb, pf, pa, pb, ca, cb = (means[0], means[1], means[2], means[3], means[4], means[5], means[6], means[7])
    plain_a = plain_b = salient_a = salient_b = saliency = 0.
    for x in range(mf.shape[0]):
        f, a, b = mf[x], ma[x], mb[x]
        vf, va, vb = pf[x] - f * f, pa[x] - a * a, pb[x] - b * b
        similar_a = _similarity((f, a, vf, va, ca[x] - f * a), c1, c2)
        similar_b = _similarity((f, b, vf, vb, cb[x] - f * b), c1, c2)
        flat = 0.5 if va + vb == 0 else 0.
        va, vb = va + flat, vb + flat
        share = va / (va + vb)
        quality_a, quality_b = share * similar_a, (1 - share) * similar_b
        weight = va if va > vb else vb
        plain_a += quality_a
        plain_b += quality_b
        salient_a += weight * quality_a
        salient_b += weight * quality_b
        saliency += weight
    totals[0] += plain_a
    totals[1] += plain_b
    totals[2] += salient_a
    totals[3] += salient_b
    totals[4] += saliency
