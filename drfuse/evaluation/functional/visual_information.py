"""Visual information fidelity: VIF of each source, and VIFF of both together."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch

from drfuse.evaluation.functional.arrays import (
    A,
    Array,
    correlate_separable,
    gaussian_taps,
    image_sum,
    namespace,
    scalar,
)
from drfuse.evaluation.functional.pair import Pair

_SCALES = 4
_TINY = 1e-10
_VIF_NOISE = 2.
_VIFF_NOISE = 0.005 * 255**2
_VIFF_C = 1e-7
_VIFF_WEIGHTS = (1 / 2.15, 0., 0.15 / 2.15, 1 / 2.15)
MIN_SIZE = 41
"""Smallest side of an image: one window at the fourth scale."""


class _Information(NamedTuple):
    """Per window of one scale: information with and without distortion (log10), and the gain."""

    distorted: Array
    source: Array
    gain: Array


def _scales(source: A, fused: A, noise: float) -> Iterator[_Information]:
    """Yield the information of the four scales, finest first; every scale has its own Gaussian window."""
    for scale in range(_SCALES):
        size = 2**(_SCALES - scale) + 1
        taps = gaussian_taps(size, size / 5)
        if scale:
            source, fused = (correlate_separable(x, taps, valid=True)[..., ::2, ::2] for x in (source, fused))
        yield _information(source, fused, taps, noise)


def _information(source: A, fused: A, taps: np.ndarray, noise: float) -> _Information:
    xp = namespace(source)
    mean_s, mean_f = (correlate_separable(x, taps, valid=True) for x in (source, fused))
    var_s = correlate_separable(source * source, taps, valid=True) - mean_s * mean_s
    var_f = correlate_separable(fused * fused, taps, valid=True) - mean_f * mean_f
    zero = xp.zeros_like(var_s)
    var_s, var_f = xp.maximum(var_s, zero), xp.maximum(var_f, zero)
    covariance = correlate_separable(source * fused, taps, valid=True) - mean_s * mean_f
    gain = covariance / (var_s + _TINY)
    rest = var_f - gain * covariance
    flat_s, flat_f = var_s < _TINY, var_f < _TINY
    rest = xp.where(flat_s, var_f, rest)
    var_s = xp.where(flat_s, zero, var_s)
    gain = xp.where(flat_s | flat_f, zero, gain)
    rest = xp.where(flat_f, zero, rest)
    rest = xp.where(gain < 0, var_f, rest)
    gain = xp.maximum(gain, zero)
    rest = xp.maximum(rest, zero + _TINY)
    return _Information(xp.log10(1 + gain * gain * var_s / (rest + noise)), xp.log10(1 + var_s / noise), gain)


def vif_terms(pair: Pair[A]) -> tuple[A, ...]:
    """Return the pixel-domain VIF of the fused image with every source; see :func:`vif`."""
    pair.require_size('VIF', MIN_SIZE)
    return tuple(_vif(source, pair.fused) for source in pair.sources)


def _vif(source: A, fused: A) -> A:
    numerator, denominator = 0., 0.
    for information in _scales(source, fused, _VIF_NOISE):
        numerator = numerator + image_sum(information.distorted)
        denominator = denominator + image_sum(information.source)
    zero = denominator == 0
    return namespace(denominator).where(zero, np.nan, numerator / (denominator + zero))


def vif(fused: Array, sources: Sequence[Array]) -> float | torch.Tensor:
    """Visual information fidelity VIF: pixel-domain, four scales, summed over the sources.

    Range 0 to about 1 per source (above 1 for a contrast-enhanced copy), higher is better. Public codes disagree by the
    mean instead of the sum, by images in [0, 1] (visual noise 2 then drowns everything), and by the wavelet-domain
    original.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The source images, same shape.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. 0 for a constant fused image; undefined (NaN) if a source
        is constant.

    Raises:
        ValueError: For a side below 41 pixels, shapes that differ, colour, NaN, or values outside 0..255.

    References:
        H.R. Sheikh, A.C. Bovik, "Image information and visual quality", IEEE TIP 15(2):430-444, 2006 (pixel-domain
        version by the same authors).
    """
    return scalar(sum(vif_terms(Pair(fused, sources))))


def viff_value(pair: Pair[A]) -> A:
    """Return VIFF of a pair; see :func:`viff`."""
    a, b = pair.two_sources('VIFF')
    pair.require_size('VIFF', MIN_SIZE)
    xp, value = namespace(a), 0.
    scales = zip(_scales(a, pair.fused, _VIFF_NOISE), _scales(b, pair.fused, _VIFF_NOISE), _VIFF_WEIGHTS, strict=True)
    for of_a, of_b, weight in scales:
        from_a = of_a.gain < of_b.gain
        distorted = xp.where(from_a, of_a.distorted, of_b.distorted)
        source = xp.where(from_a, of_a.source, of_b.source)
        value = value + weight * image_sum(distorted + _VIFF_C) / image_sum(source + _VIFF_C)
    return value


def viff(fused: Array, sources: Sequence[Array]) -> float | torch.Tensor:
    """Visual information fidelity for fusion VIFF.

    Four scales; per window the source with the smaller gain is asked how much of its information arrives; weights of
    the scales 1, 0, 0.15 and 1 over 2.15. Range 0 to about 1, higher is better. Ports that take the larger gain, or
    colour images through L*a*b*, give other values.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The two source images, same shape.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. Always defined; scales at which no source has information
        count 1.

    Raises:
        ValueError: For a side below 41 pixels, other than two sources, shapes that differ, colour, NaN, or values
            outside 0..255.

    References:
        Y. Han, Y. Cai, Y. Cao, X. Xu, "A new image fusion performance metric based on visual information fidelity",
        Information Fusion 14(2):127-135, 2013.
    """
    return scalar(viff_value(Pair(fused, sources)))
