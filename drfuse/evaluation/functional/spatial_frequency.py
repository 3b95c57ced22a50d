"""Ratio of spatial frequency error Q_SF of Zheng et al."""

from collections.abc import Sequence

import torch

from drfuse.evaluation.functional.arrays import A, Array, image_sum, namespace, scalar
from drfuse.evaluation.functional.pair import Pair


def _differences(x: A) -> tuple[A, A, A, A]:
    """Return differences along rows, columns and both diagonals."""
    return (x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :],
            x[..., 1:, 1:] - x[..., :-1, :-1], x[..., 1:, :-1] - x[..., :-1, 1:])


def _frequency(differences: Sequence[A], pixels: int) -> A:
    rows, columns, *diagonals = (image_sum(d * d) for d in differences)
    return ((rows + columns + 0.5**0.5 * sum(diagonals)) / pixels)**0.5


def q_sf_value(pair: Pair[A]) -> A:
    """Return Q_SF of a pair; see :func:`q_sf`."""
    a, b = pair.two_sources('QSF')
    xp = namespace(a)
    pixels = pair.shape[0] * pair.shape[1]
    strongest = [xp.maximum(xp.abs(x), xp.abs(y)) for x, y in zip(_differences(a), _differences(b), strict=True)]
    reference = _frequency(strongest, pixels)
    zero = reference == 0
    ratio = (_frequency(_differences(pair.fused), pixels) - reference) / (reference + zero)
    return xp.where(zero, xp.nan, ratio)


def q_sf(fused: Array, sources: Sequence[Array]) -> float | torch.Tensor:
    """Ratio of spatial frequency error Q_SF, ``(SF_F - SF_ref) / SF_ref``.

    SF from differences along rows, columns and both diagonals (weighted by sqrt(2)/2); the reference takes the
    larger absolute difference of the two sources. Range -1 upwards; 0 is best, negative is loss of detail, positive
    is noise or overshoot. Rankings compare the absolute value.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The two source images, same shape.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. -1 for a constant fused image; undefined (NaN) for two
        constant sources.

    Raises:
        ValueError: For other than two sources, shapes that differ, colour, NaN, or values outside 0..255.

    References:
        Y. Zheng, E.A. Essock, B.C. Hansen, A.M. Haun, "A new metric based on extended spatial frequency and its
        application to DWT based fusion algorithms", Information Fusion 8(2):177-192, 2007.
    """
    return scalar(q_sf_value(Pair(fused, sources)))
