"""Mutual information between the sources and the fused image."""

from collections.abc import Sequence
from typing import Any

import torch

from drfuse.evaluation.functional.arrays import A, Array, namespace, scalar
from drfuse.evaluation.functional.pair import Pair


def q_mi_terms(pair: Pair[A]) -> tuple[A, ...]:
    """Return ``2 I(S, F) / (H(S) + H(F))`` for every source S; undefined (NaN) if S and F are both constant."""
    return tuple(_ratio(2 * h.information, h.entropy_x + h.entropy_y) for h in pair.stretched_histograms)


def q_mi(fused: Array, sources: Sequence[Array]) -> float | torch.Tensor:
    """Normalised mutual information Q_MI, ``2 sum_S I(S, F) / (H(S) + H(F))``.

    Computed on min-max stretched images with 256 bins, so it does not depend on the grey range.
    Range 0..2 for two sources (2 = both sources equal the fused image), higher is better.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The source images, same shape.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. A constant image shares no information: its
        term is 0; undefined (NaN) where source and fused image are both constant.

    Raises:
        ValueError: For shapes that differ, colour, NaN, or values outside 0..255.

    References:
        M. Hossny, S. Nahavandi, D. Creighton, "Comments on 'Information measure for performance of image
        fusion'", Electronics Letters 44(18):1066-1067, 2008.
    """
    return scalar(sum(q_mi_terms(Pair(fused, sources))))


def _ratio(numerator: Any, denominator: Any) -> Any:  # noqa: ANN401 - an array or a NumPy scalar
    """Divide, with NaN (no warning) for a zero denominator."""
    xp = namespace(denominator)
    zero = denominator == 0
    return xp.where(zero, xp.nan, numerator / (denominator + zero))
