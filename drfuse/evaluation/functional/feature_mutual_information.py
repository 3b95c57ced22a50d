"""Feature mutual information FMI of Haghighat: pixels, gradients or wavelet coefficients in 3 x 3 windows."""

from collections.abc import Callable, Sequence

import torch

from drfuse.evaluation.functional.arrays import (
    A,
    Array,
    central_difference,
    empty,
    image_max,
    image_min,
    image_sum,
    namespace,
    scalar,
)
from drfuse.evaluation.functional.meyer_wavelet import meyer_transform
from drfuse.evaluation.functional.pair import Pair
from drfuse.evaluation.functional.strips import parallel_map, row_strips

_WINDOW, _STRIP_ROWS = 3, 4
MIN_SIZE = 3
"""Smallest side of an image: one window."""


def _wavelet(x: A) -> A:
    coefficients = meyer_transform(x)
    low, span = image_min(coefficients), image_max(coefficients) - image_min(coefficients)
    return (coefficients - low) / (span + (span == 0))


_FEATURES: dict[str, Callable[[Array], Array]] = {
    'pixel': lambda x: x,
    'gradient': lambda x: central_difference(x, -1),
    'wavelet': _wavelet,
}

FEATURES = tuple(_FEATURES)
"""Features of :func:`fmi`."""


def _windows(x: A) -> A:
    """Return the 9 pixels of every 3 x 3 window, column by column: (9, ..., H - 2, W - 2)."""
    h, w = x.shape[-2] - _WINDOW + 1, x.shape[-1] - _WINDOW + 1
    out = empty((_WINDOW**2, *x.shape[:-2], h, w), x)
    for i in range(_WINDOW**2):
        column, row = divmod(i, _WINDOW)
        out[i] = x[..., row:row + h, column:column + w]
    return out


def _distribution(windows: A) -> A:
    """Return every window stretched to [0, 1] and normalised to sum 1; a flat window becomes uniform."""
    xp = namespace(windows)
    low, high = _extreme(windows, xp.minimum), _extreme(windows, xp.maximum)
    flat = low == high
    stretched = (windows - low) / (high - low + flat) + flat
    return stretched / stretched.sum(0)


def _extreme(windows: A, choose: Callable[[A, A], A]) -> A:
    value = windows[0]
    for other in windows[1:]:
        value = choose(value, other)
    return value


def _entropy(p: A) -> A:
    xp = namespace(p)
    size = xp.abs(p)
    return -(p * xp.log2(size + (size == 0)))


def _information(x: A, y: A) -> A:
    """Return normalised mutual information 2 I / (H + H) of two sets of windows, (9, ...) each.

    The joint distribution mixes independence and the Frechet bound of the sign of the correlation, so that the
    windows' correlation is met (Nelsen).
    """
    xp = namespace(x)
    p, q = _distribution(x), _distribution(y)
    joint = _joint(p, q)
    entropies = _entropy(p).sum(0) + _entropy(q).sum(0)
    information = entropies - _entropy(joint).sum((0, 1))
    zero = entropies == 0
    value = xp.where(zero, xp.zeros_like(entropies), 2 * information / (entropies + zero))
    return xp.where((x == y).all(0), xp.ones_like(value), value)


def _joint(p: A, q: A) -> A:
    """Return the joint distribution (9, 9, ...) of two sets of distributions (9, ...)."""
    xp = namespace(p)
    correlation = _correlation(p, q)
    f, g = xp.cumsum(p, 0)[:, None], xp.cumsum(q, 0)[None]
    bound = xp.where(correlation < 0, xp.maximum(f + g - 1, xp.zeros_like(g)), xp.minimum(f, g))
    spread = (_position_variance(p) * _position_variance(q))**0.5
    limit = (bound - f * g).sum((0, 1))
    usable = (spread > 0) & (limit != 0) & (correlation != 0)
    share = xp.where(usable, correlation * spread / (limit + ~usable), xp.zeros_like(limit))
    cells = xp.diff(xp.diff(bound, 1, 0, xp.zeros_like(bound[:1])), 1, 1, xp.zeros_like(bound[:, :1]))
    return share * cells + (1 - share) * (p[:, None] * q[None])


def _correlation(p: A, q: A) -> A:
    """Return the Pearson correlation over the windows' values, 0 for a flat window."""
    xp = namespace(p)
    dp, dq = p - 1 / len(p), q - 1 / len(q)
    power = (dp * dp).sum(0) * (dq * dq).sum(0)
    flat = (p == p[:1]).all(0) | (q == q[:1]).all(0)
    return xp.where(flat, xp.zeros_like(power), (dp * dq).sum(0) / xp.sqrt(power + flat))


def _position_variance(p: A) -> A:
    xp = namespace(p)
    first, second = 0., 0.
    for i, share in enumerate(p):
        first, second = first + i * share, second + i * i * share
    variance = second - first * first
    return xp.maximum(variance, xp.zeros_like(variance))


def fmi_terms(pair: Pair[A], feature: str = 'pixel') -> tuple[A, ...]:
    """Return the part of FMI that each source contributes; see :func:`fmi`."""
    if feature not in _FEATURES:
        raise ValueError(f'feature must be one of {FEATURES}, got {feature!r}')
    pair.require_size('FMI', MIN_SIZE)
    fused, *sources = (_FEATURES[feature](x) for x in (pair.fused, *pair.sources))
    height, width = fused.shape[-2] - _WINDOW + 1, fused.shape[-1] - _WINDOW + 1

    def strip(job: tuple[A, slice]) -> A:
        source, rows = job
        cut = slice(rows.start, rows.stop + _WINDOW - 1)
        return image_sum(_information(_windows(fused[..., cut, :]), _windows(source[..., cut, :])))

    strips = row_strips(height, fused, _STRIP_ROWS)
    workers = 1 if isinstance(fused, torch.Tensor) else pair.workers
    sums = list(parallel_map(strip, [(source, rows) for source in sources for rows in strips], workers))
    scale = height * width * len(sources)
    return tuple(sum(sums[i * len(strips):(i + 1) * len(strips)]) / scale for i in range(len(sources)))


def fmi(fused: Array, sources: Sequence[Array], feature: str = 'pixel') -> float | torch.Tensor:
    """Feature mutual information FMI, fast form: mean normalised information of 3 x 3 windows of a feature.

    Every window, read column by column, is taken as a distribution over its 9 positions; identical windows count 1.
    Features: ``pixel``; ``gradient``, the central difference along rows; ``wavelet``, one level of the discrete Meyer
    transform, its four bands side by side. Mean over windows and sources. Range 0 to 1, higher is better.

    The published code builds the 102-tap ``dmey`` filter of MATLAB; here it is computed from the definition of the
    Meyer wavelet. Flat windows have correlation 0 here, rounding noise there.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The source images, same shape.
        feature: ``pixel``, ``gradient`` or ``wavelet``.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. Always defined.

    Raises:
        ValueError: For another feature, a side below 3 pixels, shapes that differ, colour, NaN, or values outside
            0..255.

    References:
        M. Haghighat, A. Aghagolzadeh, H. Seyedarabi, "A non-reference image fusion metric based on mutual information
        of image features", Computers and Electrical Engineering 37(5):744-756, 2011; M. Haghighat, M.A. Razian,
        "Fast-FMI: non-reference image fusion metric", AICT 2014, 1-3.
    """
    return scalar(sum(fmi_terms(Pair(fused, sources), feature)))

