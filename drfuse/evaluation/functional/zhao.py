"""Phase congruency transfer Q_P of Zhao, Laganiere and Liu."""

from collections.abc import Sequence

import torch

from drfuse.evaluation.functional.arrays import (
    A,
    Array,
    correlate_separable,
    empty,
    gaussian_taps,
    image_sum,
    is_constant,
    namespace,
    scalar,
)
from drfuse.evaluation.functional.pair import Pair, check_variant
from drfuse.evaluation.functional.phase_congruency import PhaseMaps, phase_congruency
from drfuse.evaluation.functional.strips import fill_framed, parallel_map, row_strips, total

_MASK_LEVEL = 0.1
_C = 1e-4
_REACH = 5
_TAPS = gaussian_taps(2 * _REACH + 1, 1.5)
_STRIP_ROWS = 32
MIN_SIZE = 2
"""Smallest side of an image."""


def q_p_value(pair: Pair[A], variant: str = 'yuliu') -> A:
    """Return Q_P of a pair; see :func:`q_p`."""
    check_variant('QP', variant)
    a, b = pair.two_sources('QP')
    pair.require_size('QP', MIN_SIZE)
    xp = namespace(a)
    maps = phase_congruency((a, b, pair.fused), variant, pair.workers)
    strips = row_strips(pair.shape[0], a, _STRIP_ROWS)
    *sums, featured = total(parallel_map(lambda rows: _strip_sums(maps, rows), strips, pair.workers))
    product = sums[0] * sums[1] * sums[2] / (featured + (featured == 0))**3
    product = xp.where(is_constant(pair.fused), xp.zeros_like(product), product)
    return xp.where(featured == 0, xp.full_like(product, xp.nan), product)


def _strip_sums(maps: Sequence[PhaseMaps[A]], rows: slice) -> tuple[A, A, A, A]:
    """Return, for some rows, the summed best correlation of the three maps and the number of features."""
    height = maps[0].sums.shape[-2]
    around = slice(max(rows.start - _REACH, 0), min(rows.stop + _REACH, height))
    inner = slice(rows.start - around.start, rows.stop - around.start)
    maps_a, maps_b, maps_f = (m.result(around) for m in maps)
    xp = namespace(maps_f[0])
    stronger = maps_a[0] > maps_b[0]
    maps_m = tuple(xp.where(stronger, x, y) for x, y in zip(maps_a, maps_b, strict=True))
    masks = [m[0] > _MASK_LEVEL for m in (maps_a, maps_b, maps_m)]
    sums = []
    for index in range(3):
        planes = [m[index] * mask for m, mask in zip((maps_a, maps_b, maps_m), masks, strict=True)]
        sums.append(image_sum(_best_correlation([*planes, maps_f[index]], masks, inner)))
    return *sums, image_sum(masks[2][..., inner, :])


def _best_correlation(planes: Sequence[A], masks: Sequence[A], rows: slice) -> A:
    """Return, per pixel of some rows, the largest local correlation of the last plane with another in its mask."""
    fused = planes[-1]
    xp = namespace(fused)
    stack = empty((11, *fused.shape[:-2], rows.stop - rows.start + 2 * _REACH, fused.shape[-1] + 2 * _REACH), fused)
    for i, x in enumerate(planes):
        fill_framed(stack[i], x, rows, _REACH)
    xp.multiply(stack[:4], stack[:4], out=stack[4:8])
    xp.multiply(stack[:3], stack[3], out=stack[8:])
    moments = correlate_separable(stack, _TAPS, valid=True)
    means, variances, covariances = moments[:4], moments[4:8], moments[8:]
    variances -= means * means
    covariances -= means[:3] * means[3]
    spread = xp.sqrt(xp.abs(variances[:3] * variances[3]))
    covariances += _C
    covariances /= spread + _C
    for correlation, mask in zip(covariances, masks, strict=True):
        correlation *= mask[..., rows, :]
    return xp.maximum(xp.maximum(covariances[0], covariances[1]), covariances[2])


def q_p(fused: Array, sources: Sequence[Array], variant: str = 'yuliu') -> float | torch.Tensor:
    """Phase congruency transfer Q_P: do edges and corners stay features, whatever their contrast.

    Three maps per image (phase congruency, maximum and minimum moment); local correlation over 11 x 11 Gaussian
    windows of the fused maps with those of A, of B and of the pixelwise stronger source, each inside its mask
    ``pc > 0.1``; per pixel the best of the three; sum over pixels over the number of features; product of the
    three maps. Range about 0..1 (not exactly 1 for identical images), higher is better.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The two source images, same shape.
        variant: ``yuliu`` or ``zliu``; they differ in the low-pass filter of odd heights or widths only.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. 0 for a constant fused image, which has no feature;
        a constant source has none either and the other one counts alone; undefined (NaN) if neither source
        has a feature.

    Raises:
        ValueError: For other than two sources, a side of one pixel, shapes that differ, colour, NaN, or values
            outside 0..255.

    References:
        J. Zhao, R. Laganiere, Z. Liu, "Performance assessment of combinative pixel-level image fusion based on an
        absolute feature measurement", Int. J. Innovative Computing, Information and Control 3(6A):1433-1447, 2007.
    """
    return scalar(q_p_value(Pair(fused, sources), variant))
