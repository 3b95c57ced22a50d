"""Fusion artifacts N_AB/F of Petrovic and Xydeas, as modified by Kumar."""

import math
from collections.abc import Sequence

import torch

from drfuse.evaluation.functional.arrays import A, Array, empty, image_sum, namespace, scalar, sobel
from drfuse.evaluation.functional.pair import Pair

_STRONG, _WEAK_WEIGHT, _POWER = 2, 0.001, 1.5
_STRENGTH, _ANGLE = (0.9999, 19, 0.5), (0.9995, 22, 0.5)
MIN_SIZE = 2
"""Smallest side of an image: the border is mirrored."""


def _edges(image: A) -> tuple[A, A]:
    """Return Sobel strength (over 8) and orientation in [-pi/2, pi/2]; the border is mirrored without its edge."""
    h, w = image.shape[-2:]
    framed = empty((*image.shape[:-2], h + 2, w + 2), image)
    framed[..., 1:-1, 1:-1] = image
    framed[..., 0, :], framed[..., -1, :] = framed[..., 2, :], framed[..., -3, :]
    framed[..., 0], framed[..., -1] = framed[..., 2], framed[..., -3]
    gx, gy = (g / 8 for g in sobel(framed))
    xp = namespace(image)
    folded = xp.where(gx < 0, -gy, gy)
    return xp.sqrt(gx * gx + gy * gy), xp.arctan2(folded, xp.abs(gx))


def _preservation(source: tuple[A, A], fused: tuple[A, A]) -> A:
    """Return the edge preservation of one source."""
    (g, a), (g_f, a_f) = source, fused
    xp = namespace(g)
    low, high = xp.minimum(g, g_f), xp.maximum(g, g_f)
    ratio = low / (high + (high == 0))
    agreement = xp.abs(xp.abs(a - a_f) - math.pi / 2) * (2 / math.pi)
    parts = [c / (1 + xp.exp(-k * (x - d))) for x, (c, k, d) in ((ratio, _STRENGTH), (agreement, _ANGLE))]
    return xp.sqrt(parts[0] * parts[1])


def n_abf_value(pair: Pair[A]) -> A:
    """Return N_AB/F of a pair; see :func:`n_abf`."""
    a, b = pair.two_sources('NABF')
    pair.require_size('NABF', MIN_SIZE)
    fused = _edges(pair.fused)
    xp = namespace(a)
    lost, total, artifact = 0., 0., None
    for source in (_edges(a), _edges(b)):
        strength = source[0]
        weight = xp.where(strength >= _STRONG, strength**_POWER, xp.full_like(strength, _WEAK_WEIGHT))
        lost = lost + (1 - _preservation(source, fused)) * weight
        total = total + weight
        stronger = fused[0] > strength
        artifact = stronger if artifact is None else artifact & stronger
    return image_sum(lost * artifact) / image_sum(total)


def n_abf(fused: Array, sources: Sequence[Array]) -> float | torch.Tensor:
    """Fusion artifacts N_AB/F: edges of the fused image that no source has.

    Where the fused Sobel strength exceeds both sources', what Q_AB/F counts as not preserved, weighted by the sources'
    strength^1.5 (at least 0.001). Range 0..1, **lower is better**. Input must be 0..255: with images in [0, 1], as some
    codes have it, no edge passes the threshold 2 and all weights are equal.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The two source images, same shape.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. Always defined; 0 for a constant fused image.

    Raises:
        ValueError: For a side of one pixel, other than two sources, shapes that differ, colour, NaN, or values outside
            0..255.

    References:
        B.K. Shreyamsha Kumar, "Multifocus and multispectral image fusion based on pixel significance using discrete
        cosine harmonic wavelet transform", Signal, Image and Video Processing 7:1125-1143, 2013; V. Petrovic,
        C. Xydeas, "Objective image fusion performance characterisation", ICCV 2005, 1866-1871.
    """
    return scalar(n_abf_value(Pair(fused, sources)))
