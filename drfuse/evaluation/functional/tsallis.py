"""Tsallis-entropy forms of mutual information: Q_TE."""

from collections.abc import Sequence

import torch

from drfuse.evaluation.functional.arrays import A, Array, namespace, scalar
from drfuse.evaluation.functional.histogram import JointHistogram
from drfuse.evaluation.functional.pair import Pair

_ORDER = {'cvejic': 1.85, 'nava': 0.43137}

FORMS = tuple(_ORDER)
"""Published forms of Q_TE."""


def _tsallis_information(h: JointHistogram, order: float) -> A:
    """Return T_q(X, Y) with the marginals swapped, as the 2012 toolbox has them."""
    xp = namespace(h.joint)
    product = h.of_y[..., :, None] * h.of_x[..., None, :]
    zero = product == 0
    share = xp.where(zero, xp.zeros_like(h.joint), h.joint**order / (product + zero)**(order - 1))
    return (1 - share.sum((-2, -1))) / (1 - order)


def q_te_terms(pair: Pair[A], form: str = 'cvejic') -> tuple[A, ...]:
    """Return the part of Q_TE that each source contributes; see :func:`q_te`."""
    if form not in _ORDER:
        raise ValueError(f'form must be one of {FORMS}, got {form!r}')
    pair.two_sources('QTE')
    order = _ORDER[form]
    fused, a, b = pair.stretched
    terms = tuple(_tsallis_information(JointHistogram(s, fused), order) for s in (a, b))
    if form == 'cvejic':
        return terms
    between = JointHistogram(a, b)
    scale = between.entropy_x**order + between.entropy_y**order + _tsallis_information(between, order)
    xp, zero = namespace(scale), scale == 0
    return tuple(xp.where(zero, xp.nan, term / (scale + zero)) for term in terms)


def q_te(fused: Array, sources: Sequence[Array], form: str = 'cvejic') -> float | torch.Tensor:
    """Tsallis mutual information Q_TE on min-max stretched images with 256 bins.

    ``T_q(X, Y) = (1 - sum h^q / (u v)^(q-1)) / (1 - q)``; ``cvejic``: T(A, F) + T(B, F) with q = 1.85;
    ``nava``: the same with q = 0.43137 over H(A)^q + H(B)^q + T(A, B). The 2012 toolbox uses u, the marginal of the
    second image, for the first index; that slip is kept, because the published numbers contain it. It makes
    ``cvejic`` unbounded (5 to 7400 on ordinary pairs) and hard to interpret. Higher is better.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The two source images, same shape.
        form: ``cvejic`` or ``nava``.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. ``nava`` is undefined (NaN) for two constant sources.

    Raises:
        ValueError: For another form, other than two sources, shapes that differ, colour, NaN, or values outside
            0..255.

    References:
        N. Cvejic, C. Canagarajah, D. Bull, "Image fusion metric based on mutual information and Tsallis entropy",
        Electronics Letters 42(11):626-627, 2006; R. Nava, G. Cristobal, B. Escalante-Ramirez, SPIE Newsroom, 2007.
    """
    return scalar(sum(q_te_terms(Pair(fused, sources), form)))
