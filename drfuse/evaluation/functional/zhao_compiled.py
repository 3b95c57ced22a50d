"""The sums of Q_P over some rows, compiled: what ``zhao`` does in NumPy, without its intermediate images.

Compiled at the first call and kept on disk by Numba, which is an optional requirement. The interpreter lock is
released. Loops run along one row of pixels, so that they become vector instructions.
"""

import math
from collections.abc import Sequence

import numpy as np

from drfuse.evaluation.functional.phase_congruency import PhaseMaps
from drfuse.evaluation.functional.phase_kernels import EPS
from drfuse.evaluation.functional.phase_kernels_compiled import jit

_SIN60 = math.sqrt(3) / 2
_PLANES, _TAPS, _REACH = 11, 11, 5


def strip_sums(maps: Sequence[PhaseMaps[np.ndarray]], rows: slice, taps: np.ndarray, level: float,
               stabiliser: float) -> tuple[float, float, float, float]:
    """Return, for some rows, the summed best correlation of the three maps and the number of features.

    Args:
        maps: Of A, B and the fused image.
        rows: Rows of the image.
        taps: (11,) symmetric window.
        level: Phase congruency above which a pixel is a feature.
        stabiliser: C of the correlation.
    """
    height, width = maps[0].squares.shape[-2:]
    around = slice(max(rows.start - _REACH, 0), min(rows.stop + _REACH, height))
    planes = np.empty((len(maps), 3, around.stop - around.start, width))
    for one, out in zip(maps, planes, strict=True):
        _principal_maps(one.sums, one.squares, around.start, out)
    a, b, fused = planes
    masks = np.empty((4, *a[0].shape))
    _masks(a[0], b[0], level, masks)
    first, count = rows.start - around.start, rows.stop - rows.start
    sums = [_correlation_sum(a[m], b[m], fused[m], masks, first, count, taps, stabiliser) for m in range(3)]
    return *sums, float(masks[2, first:first + count].sum())


@jit
def _principal_maps(sums: np.ndarray, squares: np.ndarray, start: int, out: np.ndarray) -> None:
    """Write phase congruency, maximum and minimum moment, see ``PhaseMaps.result``, into ``out`` (3, rows, W)."""
    _, height, width = out.shape
    for r in range(height):
        y = start + r
        e0, e1, a0, a1 = sums[0, 0, y], sums[1, 0, y], sums[0, 1, y], sums[1, 1, y]
        p0, p1, p2 = squares[0, y], squares[1, y], squares[2, y]
        p3, p4, p5 = squares[3, y], squares[4, y], squares[5, y]
        congruency, largest, smallest = out[0, r], out[1, r], out[2, r]
        for x in range(width):
            congruency[x] = (e0[x] + e1[x]) / (a0[x] + a1[x] + EPS)
        for x in range(width):
            first, last = p1[x] + p5[x], p2[x] + p4[x]
            mixed = (p1[x] + p2[x] - p4[x] - p5[x]) * (_SIN60 / 12)
            difference = ((first - last) / 2 + p0[x] - p3[x]) / 3
            largest[x] = (first + last + p0[x] + p3[x]) / 3
            smallest[x] = math.sqrt(mixed * mixed + difference * difference) + EPS
        for x in range(width):
            trace, spread = largest[x], smallest[x]
            largest[x] = (trace + spread) / 2
            smallest[x] = (trace - spread) / 2


@jit
def _masks(a: np.ndarray, b: np.ndarray, level: float, out: np.ndarray) -> None:
    """Write the features of A, of B, of the stronger one, and where A is stronger, as 0 or 1."""
    height, width = a.shape
    for y in range(height):
        for x in range(width):
            in_a, in_b = 1. if a[y, x] > level else 0., 1. if b[y, x] > level else 0.
            stronger = 1. if a[y, x] > b[y, x] else 0.
            out[0, y, x], out[1, y, x], out[3, y, x] = in_a, in_b, stronger
            out[2, y, x] = in_a if stronger > 0 else in_b


@jit
def _correlation_sum(a: np.ndarray, b: np.ndarray, fused: np.ndarray, masks: np.ndarray, first: int, count: int,
                     taps: np.ndarray, stabiliser: float) -> float:
    """Return the sum over rows of the largest local correlation of the fused map with another in its mask."""
    height, width = a.shape
    row = np.zeros((_PLANES, width + 2 * _REACH))
    smoothed = np.zeros((_TAPS, _PLANES, width))  # the last rows in turns
    moments = np.empty((_PLANES, width))
    total = 0.
    for y in range(first - _REACH, first + count + _REACH):
        if 0 <= y < height:
            _products(a[y], b[y], fused[y], masks[0, y], masks[1, y], masks[3, y], row)
            for p in range(_PLANES):
                _smooth_along(row[p], taps, smoothed[y % _TAPS, p])
        else:
            smoothed[y % _TAPS] = 0
        if y >= first + _REACH:
            for p in range(_PLANES):
                _smooth_across(smoothed, p, y, taps, moments[p])
            total += _best(moments, masks, y - _REACH, stabiliser)
    return total


@jit
def _products(a: np.ndarray, b: np.ndarray, fused: np.ndarray, in_a: np.ndarray, in_b: np.ndarray,
              stronger: np.ndarray, out: np.ndarray) -> None:
    """Write the maps of A, B, the stronger one and the fused image, their squares and their products with the last."""
    width = a.shape[0]
    for x in range(width):
        p, q = a[x] * in_a[x], b[x] * in_b[x]
        out[0, x + _REACH] = p
        out[1, x + _REACH] = q
        out[2, x + _REACH] = p if stronger[x] > 0 else q
        out[3, x + _REACH] = fused[x]
    for k in range(4):
        values, squares = out[k], out[4 + k]
        for x in range(_REACH, width + _REACH):
            squares[x] = values[x] * values[x]
    for k in range(3):
        values, products, last = out[k], out[8 + k], out[3]
        for x in range(_REACH, width + _REACH):
            products[x] = values[x] * last[x]


@jit
def _smooth_along(x: np.ndarray, taps: np.ndarray, out: np.ndarray) -> None:
    """Correlate a framed row (W + 10,) with a symmetric window of 11 taps."""
    t0, t1, t2, t3, t4, t5 = taps[0], taps[1], taps[2], taps[3], taps[4], taps[5]
    for i in range(out.shape[0]):
        out[i] = (t0 * (x[i] + x[i + 10]) + t1 * (x[i + 1] + x[i + 9]) + t2 * (x[i + 2] + x[i + 8])
                  + t3 * (x[i + 3] + x[i + 7]) + t4 * (x[i + 4] + x[i + 6]) + t5 * x[i + 5])


@jit
def _smooth_across(rows: np.ndarray, plane: int, last: int, taps: np.ndarray, out: np.ndarray) -> None:
    """Correlate the last 11 rows of a plane, kept in turns, with a symmetric window."""
    t0, t1, t2, t3, t4, t5 = taps[0], taps[1], taps[2], taps[3], taps[4], taps[5]
    r0, r10 = rows[last % _TAPS, plane], rows[(last - 10) % _TAPS, plane]
    r1, r9 = rows[(last - 1) % _TAPS, plane], rows[(last - 9) % _TAPS, plane]
    r2, r8 = rows[(last - 2) % _TAPS, plane], rows[(last - 8) % _TAPS, plane]
    r3, r7 = rows[(last - 3) % _TAPS, plane], rows[(last - 7) % _TAPS, plane]
    r4, r6, r5 = rows[(last - 4) % _TAPS, plane], rows[(last - 6) % _TAPS, plane], rows[(last - 5) % _TAPS, plane]
    for i in range(out.shape[0]):
        out[i] = (t0 * (r0[i] + r10[i]) + t1 * (r1[i] + r9[i]) + t2 * (r2[i] + r8[i]) + t3 * (r3[i] + r7[i])
                  + t4 * (r4[i] + r6[i]) + t5 * r5[i])


@jit
def _best(moments: np.ndarray, masks: np.ndarray, y: int, stabiliser: float) -> float:
    """Return the sum over one row of the largest correlation in its mask."""
    m0, m1, m2, mf = moments[0], moments[1], moments[2], moments[3]
    s0, s1, s2, sf = moments[4], moments[5], moments[6], moments[7]
    c0, c1, c2 = moments[8], moments[9], moments[10]
    k0, k1, k2 = masks[0, y], masks[1, y], masks[2, y]
    total = 0.
    for x in range(m0.shape[0]):
        variance = sf[x] - mf[x] * mf[x]
        r0 = _correlation(c0[x] - m0[x] * mf[x], (s0[x] - m0[x] * m0[x]) * variance, stabiliser) * k0[x]
        r1 = _correlation(c1[x] - m1[x] * mf[x], (s1[x] - m1[x] * m1[x]) * variance, stabiliser) * k1[x]
        r2 = _correlation(c2[x] - m2[x] * mf[x], (s2[x] - m2[x] * m2[x]) * variance, stabiliser) * k2[x]
        best = r0 if r0 > r1 else r1
        total += best if best > r2 else r2
    return total


@jit
def _correlation(covariance: float, variances: float, stabiliser: float) -> float:
    return (covariance + stabiliser) / (math.sqrt(abs(variances)) + stabiliser)
