"""Nonlinear correlation information entropy."""

from collections.abc import Sequence

import torch

from drfuse.evaluation.functional.arrays import A, Array, empty, namespace, scalar
from drfuse.evaluation.functional.pair import Pair

_LOG2_LEVELS = 8


def q_ncie_value(pair: Pair[A]) -> A:
    """Return Q_NCIE of a pair; see :func:`q_ncie`."""
    pair.two_sources('QNCIE')
    ncc = [h.information / _LOG2_LEVELS for h in (pair.source_histogram, *pair.stretched_histograms)]
    like = pair.fused
    matrix = empty((*like.shape[:-2], 3, 3), like)
    matrix[..., range(3), range(3)] = 1
    for value, (i, j) in zip(ncc, ((0, 1), (0, 2), (1, 2)), strict=True):
        matrix[..., i, j] = matrix[..., j, i] = value
    xp = namespace(matrix)
    share = xp.linalg.eigvalsh(matrix) / 3
    share = xp.maximum(share, xp.zeros_like(share))
    return 1 + (share * xp.log2(share + (share == 0))).sum(-1) / _LOG2_LEVELS


def q_ncie(fused: Array, sources: Sequence[Array]) -> float | torch.Tensor:
    """Nonlinear correlation information entropy Q_NCIE of two sources and the fused image.

    ``1 + sum_i (r_i/3) log256(r_i/3)`` with r_i the eigenvalues of the 3 x 3 matrix of nonlinear correlation
    coefficients ``(H(X) + H(Y) - H(X, Y)) / 8`` (unit diagonal), on min-max stretched images with 256 bins.
    Range 0.80188 (nothing shared) to 1, in practice 0.803 to 0.85; higher is better.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The two source images, same shape.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. Always defined: a constant image shares nothing.

    Raises:
        ValueError: For other than two sources, shapes that differ, colour, NaN, or values outside 0..255.

    References:
        Q. Wang, Y. Shen, J. Jin, "Performance evaluation of image fusion techniques", ch. 19 in T. Stathaki
        (ed.), Image Fusion: Algorithms and Applications, 2008, 469-492.
    """
    return scalar(q_ncie_value(Pair(fused, sources)))
