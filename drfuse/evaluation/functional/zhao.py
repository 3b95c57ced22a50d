"""Phase congruency transfer Q_P of Zhao, Laganiere and Liu."""

from collections.abc import Callable, Sequence

import numpy as np
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
from drfuse.evaluation.functional.compiled import compiled_module
from drfuse.evaluation.functional.pair import Pair, check_variant
from drfuse.evaluation.functional.phase_congruency import PhaseMaps, phase_congruency
from drfuse.evaluation.functional.strips import parallel_map, row_strips, total

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
    strip_sums = _compiled() if isinstance(a, np.ndarray) else _strip_sums
    *sums, featured = total(parallel_map(lambda rows: strip_sums(maps, rows), strips, pair.workers))
    product = sums[0] * sums[1] * sums[2] / (featured + (featured == 0))**3
    product = xp.where(is_constant(pair.fused), xp.zeros_like(product), product)
    return xp.where(featured == 0, xp.full_like(product, xp.nan), product)


def _compiled() -> Callable[[Sequence[PhaseMaps], slice], tuple[float, float, float, float]]:
    """Return the compiled form of :func:`_strip_sums`, or that function where there is no compiler."""
    module = compiled_module('zhao_compiled')
    if module is None:
        return _strip_sums
    return lambda maps, rows: module.strip_sums(maps, rows, _TAPS, _MASK_LEVEL, _C)


def _strip_sums(maps: Sequence[PhaseMaps[A]], rows: slice) -> tuple[A, A, A, A]:
    """Return, for some rows, the summed best correlation of the three maps and the number of features."""
    height = maps[0].squares.shape[-2]
    around = slice(max(rows.start - _REACH, 0), min(rows.stop + _REACH, height))
    inner = slice(rows.start - around.start, rows.stop - around.start)
    maps_a, maps_b, maps_f = (m.result(around) for m in maps)
    xp = namespace(maps_f[0])
    stronger = maps_a[0] > maps_b[0]
    # numbers, not booleans: every map is multiplied by them
    mask_a, mask_b = ((m[0] > _MASK_LEVEL) * xp.ones_like(m[0]) for m in (maps_a, maps_b))
    mask_m = xp.where(stronger, mask_a, mask_b)
    masks = [mask[..., inner, :] for mask in (mask_a, mask_b, mask_m)]
    h, w = rows.stop - rows.start, maps_f[0].shape[-1]
    stack = empty((11, *maps_f[0].shape[:-2], h + 2 * _REACH, w + 2 * _REACH), maps_f[0])
    stack[...] = 0
    top = around.start - rows.start + _REACH
    planes = stack[:4, ..., top:top + around.stop - around.start, _REACH:_REACH + w]
    sums = []
    for a, b, f in zip(maps_a, maps_b, maps_f, strict=True):
        xp.multiply(a, mask_a, out=planes[0])
        xp.multiply(b, mask_b, out=planes[1])
        planes[2] = xp.where(stronger, planes[0], planes[1])
        planes[3] = f
        sums.append(image_sum(_best_correlation(stack, masks)))
    return *sums, image_sum(masks[2])


def _best_correlation(stack: A, masks: Sequence[A]) -> A:
    """Return, per pixel of some rows, the largest local correlation of the fused plane with another in its mask.

    Args:
        stack: (11, ..., rows + 10, W + 10) with a frame; the maps of A, B, the stronger source and the fused image
            come first, the rest is scratch memory.
        masks: Of the first three planes, (..., rows, W).
    """
    xp = namespace(stack)
    xp.multiply(stack[:4], stack[:4], out=stack[4:8])
    xp.multiply(stack[:3], stack[3], out=stack[8:])
    moments = correlate_separable(stack, _TAPS, valid=True)
    means, variances, covariances = moments[:4], moments[4:8], moments[8:]
    covariances -= means[:3] * means[3]
    means *= means
    variances -= means
    spread = xp.multiply(variances[:3], variances[3], out=variances[:3])
    xp.abs(spread, out=spread)
    xp.sqrt(spread, out=spread)
    spread += _C
    covariances += _C
    covariances /= spread
    for correlation, mask in zip(covariances, masks, strict=True):
        correlation *= mask
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
