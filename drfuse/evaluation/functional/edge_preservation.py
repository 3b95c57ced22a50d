"""Gradient transfer Q_AB/F of Xydeas and Petrovic."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch

from drfuse.evaluation.functional.arrays import A, Array, image_sum, namespace, scalar, sobel
from drfuse.evaluation.functional.pair import Pair, check_variant
from drfuse.evaluation.functional.strips import framed, row_strips, total

_TINY = 1e-5


class _Sigmoids(NamedTuple):
    """Scale, slope and centre of the two sigmoids: edge strength, then orientation."""

    strength: tuple[float, float, float]
    angle: tuple[float, float, float]


_CONSTANTS = {'yuliu': _Sigmoids((0.9994, -15, 0.5), (0.9879, -22, 0.8)),
              'zliu': _Sigmoids((1, -10, 0.5), (1, -20, 0.75))}


def edges(image: A, rows: slice) -> tuple[A, A]:
    """Return the Sobel edge strength and orientation, in (-pi/2, pi/2], of some rows of 0..255 images."""
    xp = namespace(image)
    gx, gy = sobel(framed(image, rows, 1))
    return xp.sqrt(gx * gx + gy * gy), xp.arctan(gy / (gx + _TINY * (gx == 0)))


def q_abf_terms(pair: Pair[A], variant: str = 'yuliu') -> tuple[A, A]:
    """Return the part of Q_AB/F that each source contributes; see :func:`q_abf`."""
    check_variant('QABF', variant)
    a, b = pair.two_sources('QABF')
    parts = [_strip_terms(a, b, pair.fused, rows, variant) for rows in row_strips(pair.shape[0], a)]
    sum_a, sum_b, weight = total(parts)
    return sum_a / weight, sum_b / weight


def _strip_terms(a: A, b: A, fused: A, rows: slice, variant: str) -> tuple[A, A, A]:
    """Return the weighted quality of both sources and the weight, summed over some rows."""
    strength_f, angle_f = edges(fused, rows)
    weight_a, quality_a, strength_f = _preservation(edges(a, rows), strength_f, angle_f, variant)
    weight_b, quality_b, strength_f = _preservation(edges(b, rows), strength_f, angle_f, variant)
    weight = weight_a + weight_b
    quality_a *= weight_a
    quality_b *= weight_b
    if variant == 'zliu':
        quality_a /= weight
        quality_b /= weight
        weight = weight / weight
    return image_sum(quality_a), image_sum(quality_b), image_sum(weight)


def _preservation(source: tuple[A, A], strength_f: A, angle_f: A, variant: str) -> tuple[A, A, A]:
    """Return weight, quality and the fused edge strength as the next source has to see it."""
    strength, angle = source
    xp = namespace(strength)
    stronger = strength > strength_f
    strength = strength + _TINY * (strength == 0)
    lost = strength_f / strength
    strength_f = strength_f + _TINY * (strength_f == 0)
    ratio = xp.where(stronger, lost, strength / strength_f)
    difference = xp.abs(angle - angle_f)
    if variant == 'zliu':
        agreement = xp.abs(difference - math.pi / 2) * (2 / math.pi)
    else:
        agreement = 1 - difference * (2 / math.pi)
    (c1, k1, d1), (c2, k2, d2) = _CONSTANTS[variant]
    quality = c1 * c2 / ((1 + xp.exp(k1 * (ratio - d1))) * (1 + xp.exp(k2 * (agreement - d2))))
    return strength, quality, strength_f


def q_abf(fused: Array, sources: Sequence[Array], variant: str = 'yuliu') -> float | torch.Tensor:
    """Gradient transfer Q_AB/F (also Q_G): how much edge strength and orientation survives.

    Sobel strength g and orientation a of every image; per source a strength ratio G and an angle agreement L
    pass two sigmoids, ``Q_S = c1/(1 + exp(k1 (G - d1))) * c2/(1 + exp(k2 (L - d2)))``, weighted by g_S.
    ``yuliu``: constants of the original article, L = 1 - |a_S - a_F| 2/pi, ratio of two sums.
    ``zliu``: constants 1, -10, 0.5 and 1, -20, 0.75, L = ||a_S - a_F| - pi/2| 2/pi, mean of per-pixel ratios.
    Range 0..0.9748 (``yuliu``) or 0..0.9867 (``zliu``), higher is better.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The two source images, same shape.
        variant: ``yuliu`` (MFIF-Metrics) or ``zliu`` (2012 toolbox).

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. Always defined.

    Raises:
        ValueError: For other than two sources, shapes that differ, colour, NaN, or values outside 0..255.

    References:
        C. Xydeas, V. Petrovic, "Objective image fusion performance measure", Electronics Letters
        36(4):308-309, 2000.
    """
    first, second = q_abf_terms(Pair(fused, sources), variant)
    return scalar(first + second)
