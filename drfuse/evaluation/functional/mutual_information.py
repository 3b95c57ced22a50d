"""Mutual information between the sources and the fused image, and its normalised forms."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from drfuse.evaluation.functional.arrays import A, Array, namespace, scalar
from drfuse.evaluation.functional.histogram import JointHistogram
from drfuse.evaluation.functional.pair import Pair

_NORMS: dict[str, Callable[[JointHistogram], Any]] = {
    'arithmetic': lambda h: (h.entropy_x + h.entropy_y) / 2,
    'geometric': lambda h: (h.entropy_x * h.entropy_y)**0.5,
    'minimum': lambda h: namespace(h.entropy_x).minimum(h.entropy_x, h.entropy_y),
    'maximum': lambda h: namespace(h.entropy_x).maximum(h.entropy_x, h.entropy_y),
    'joint': lambda h: h.joint_entropy,
}

NORMALISATIONS = tuple(_NORMS)
"""Denominators of :func:`nmi`."""


def q_mi_terms(pair: Pair[A]) -> tuple[A, ...]:
    """Return ``2 I(S, F) / (H(S) + H(F))`` for every source S; undefined (NaN) if S and F are both constant."""
    return tuple(_ratio(h, 'arithmetic') for h in pair.stretched_histograms)


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


def mi_terms(pair: Pair[A]) -> tuple[A, ...]:
    """Return ``I(S, F)`` in bits for every source S."""
    return tuple(h.information for h in pair.histograms)


def mi(fused: Array, sources: Sequence[Array]) -> float | torch.Tensor:
    """Mutual information ``sum_S I(S, F)`` in bits, on 256 grey levels without a stretch.

    Range 0..8 bits per source, higher is better. Public codes disagree by the natural logarithm (factor 0.693),
    by a stretch of each image (no effect on 8-bit images), and by the mean instead of the sum.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255
            (floats are rounded half up).
        sources: The source images, same shape.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. Always defined; 0 for constant images.

    Raises:
        ValueError: For shapes that differ, colour, NaN, or values outside 0..255.

    References:
        G. Qu, D. Zhang, P. Yan, "Information measure for performance of image fusion", Electronics Letters
        38(7):313-315, 2002.
    """
    return scalar(sum(mi_terms(Pair(fused, sources))))


def nmi_terms(pair: Pair[A], normalisation: str = 'arithmetic') -> tuple[A, ...]:
    """Return ``I(S, F)`` over the chosen entropy for every source S; see :func:`nmi`."""
    if normalisation not in _NORMS:
        raise ValueError(f'normalisation must be one of {NORMALISATIONS}, got {normalisation!r}')
    return tuple(_ratio(h, normalisation) for h in pair.histograms)


def nmi(fused: Array, sources: Sequence[Array], normalisation: str = 'arithmetic') -> float | torch.Tensor:
    """Normalised mutual information ``sum_S I(S, F) / N(S, F)``.

    N is the arithmetic or geometric mean, the minimum or maximum of the two entropies, or the joint entropy.
    ``arithmetic`` equals Q_MI on 8-bit images. Range 0..1 per source, higher is better.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255
            (floats are rounded half up).
        sources: The source images, same shape.
        normalisation: One of :data:`NORMALISATIONS`.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. A constant image shares no information: its term is 0;
        undefined (NaN) where source and fused image are both constant.

    Raises:
        ValueError: For another normalisation, shapes that differ, colour, NaN, or values outside 0..255.

    References:
        A. Strehl, J. Ghosh, "Cluster ensembles", JMLR 3:583-617, 2002 (geometric); Hossny et al. 2008 (arithmetic).
    """
    return scalar(sum(nmi_terms(Pair(fused, sources), normalisation)))


def _ratio(h: JointHistogram, normalisation: str) -> Any:
    """Return I over the chosen entropy: 0 if one image is constant, NaN if both are."""
    scale = _NORMS[normalisation](h)
    xp, zero = namespace(scale), scale == 0
    ratio = xp.where(zero, 0., h.information / (scale + zero))
    return xp.where(h.entropy_x + h.entropy_y == 0, xp.nan, ratio)
