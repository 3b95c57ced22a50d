"""Multiscale edge preservation Q_M of Wang and Liu on the Haar transform."""

from collections.abc import Sequence

import torch

from drfuse.evaluation.functional.arrays import A, Array, image_sum, namespace, scalar
from drfuse.evaluation.functional.pair import Pair

_EXPONENTS = (2 / 3, 1 / 3)
MIN_SIZE = 4
"""Smallest side of an image: one block at the second level."""


def haar_level(x: A) -> tuple[A, tuple[A, A, A]]:
    """Return average and the three detail bands of disjoint 2 x 2 blocks; an odd last row or column is dropped."""
    h, w = x.shape[-2] // 2 * 2, x.shape[-1] // 2 * 2
    p, q = x[..., 0:h:2, 0:w:2], x[..., 0:h:2, 1:w:2]
    r, s = x[..., 1:h:2, 0:w:2], x[..., 1:h:2, 1:w:2]
    return (p + q + r + s) / 2, ((p + q - r - s) / 2, (p - q + r - s) / 2, (p - q - r + s) / 2)


def q_m_value(pair: Pair[A]) -> A:
    """Return Q_M of a pair; see :func:`q_m`."""
    a, b = pair.two_sources('QM')
    pair.require_size('QM', MIN_SIZE)
    f, product, xp = pair.fused, 1., namespace(a)
    for exponent in _EXPONENTS:
        (a, bands_a), (b, bands_b), (f, bands_f) = haar_level(a), haar_level(b), haar_level(f)
        numerator, denominator = 0., 0.
        for bands in (bands_a, bands_b):
            weight = sum(band * band for band in bands)
            kept = sum(xp.exp(-xp.abs(x - y)) for x, y in zip(bands, bands_f, strict=True))
            numerator, denominator = numerator + image_sum(kept * weight), denominator + image_sum(weight)
        zero = denominator == 0
        product = product * xp.where(zero, xp.nan, numerator / (denominator + zero))**exponent
    return product


def q_m(fused: Array, sources: Sequence[Array]) -> float | torch.Tensor:
    """Multiscale edge preservation Q_M on a two-level orthonormal Haar transform.

    Per level the sources' detail energy weighs ``sum exp(-|d_S - d_F|)`` over the three bands; the levels multiply
    with exponents 2/3 and 1/3. Range 0..3 (3 for identical images, not divided by 3), higher is better. Input must be
    0..255: grey levels are compared on an absolute scale.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The two source images, same shape.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. Undefined (NaN) if a level of both sources has no detail.

    Raises:
        ValueError: For a side below 4 pixels, other than two sources, shapes that differ, colour, NaN, or values
            outside 0..255.

    References:
        P.-W. Wang, B. Liu, "A novel image fusion metric based on multi-scale analysis", ICSP 2008, 965-968.
    """
    return scalar(q_m_value(Pair(fused, sources)))
