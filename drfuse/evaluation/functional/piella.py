"""Saliency-weighted structural similarity: Q_S, Q_W and Q_E of Piella and Heijmans."""

import math
from collections.abc import Sequence
from typing import Generic

import torch

from drfuse.evaluation.functional.arrays import (
    A,
    Array,
    box_sum,
    correlate_separable,
    gaussian_taps,
    image_sum,
    namespace,
    scalar,
)
from drfuse.evaluation.functional.compiled import compiled_module
from drfuse.evaluation.functional.pair import Pair, check_variant
from drfuse.evaluation.functional.strips import framed, row_strips, total

_PEAK = 255
_STABILISERS = {'yuliu': (1e-6, 1e-6), 'zliu': (0.01, 0.03)}
MIN_SIZE = {'yuliu': 8, 'zliu': 11}
"""Smallest side of an image: one window."""


def local_mean(x: A, variant: str) -> A:
    """Average over windows inside: 8 x 8 flat (``yuliu``) or 11 x 11 Gaussian, sigma 1.5 (``zliu``)."""
    if variant == 'yuliu':
        return box_sum(x, 8) / 64
    return correlate_separable(x, gaussian_taps(11, 1.5), valid=True)


class LocalMoments(Generic[A]):
    """Local means, variances and similarity maps of a fused image and its sources.

    Args:
        fused: (..., H, W) float64 in 0..255.
        sources: Images of the same shape.
        variant: Window and constants, see :func:`q_w`.
    """

    def __init__(self, fused: A, sources: Sequence[A], variant: str) -> None:
        self._variant = variant
        self._images = (fused, *sources)
        self._means = [local_mean(x, variant) for x in self._images]
        self._powers = [local_mean(x * x, variant) for x in self._images]
        self._variances = [p - m * m for p, m in zip(self._powers, self._means, strict=True)]

    def saliency(self, source: int) -> A:
        """Return the local variance of a source, with a defined value where the Gaussian window leaves only noise.

        In a flat window of level c the reference computes rounding noise of the order 1e-16 c^2, which then decides
        the weight between two flat sources. Here it is 1e-15 c^2: the brighter flat area wins, black is exactly 0.
        Sums over the flat 8 x 8 window are exact for integer images.
        """
        variance, power = self._variances[source + 1], self._powers[source + 1]
        if self._variant == 'yuliu':
            return variance
        return namespace(variance).where(variance < 1e-12 * power, 1e-15 * power, variance)

    def similarity(self, source: int) -> A:
        """Return the SSIM map between a source (counted from 0) and the fused image."""
        c1 = self._constant(0)
        mx, my = self._means[0], self._means[source + 1]
        return (2 * mx * my + c1) / (mx * mx + my * my + c1) * self.contrast_structure(source)

    def contrast_structure(self, source: int) -> A:
        """Return the SSIM map without its luminance term."""
        c2, index = self._constant(1), source + 1
        product = local_mean(self._images[0] * self._images[index], self._variant)
        covariance = product - self._means[0] * self._means[index]
        return (2 * covariance + c2) / (self._variances[0] + self._variances[index] + c2)

    def _constant(self, which: int) -> float:
        return (_STABILISERS[self._variant][which] * _PEAK)**2


def _weighted_terms(fused: A, sources: Sequence[A], variant: str) -> tuple[tuple[A, A], tuple[A, A]]:
    """Return the halves of Q_S and the halves of Q_W."""
    overlap = MIN_SIZE[variant] - 1
    height = fused.shape[-2] - overlap
    parts = []
    for rows in row_strips(height, fused):
        cut = slice(rows.start, rows.stop + overlap)
        parts.append(_strip_terms(fused[..., cut, :], [x[..., cut, :] for x in sources], variant))
    plain_a, plain_b, salient_a, salient_b, saliency = total(parts)
    pixels = height * (fused.shape[-1] - overlap)
    return (plain_a / pixels, plain_b / pixels), (salient_a / saliency, salient_b / saliency)


def _strip_terms(fused: A, sources: Sequence[A], variant: str) -> tuple[A, A, A, A, A]:
    """Return the sums of the qualities, of the qualities weighted by saliency, and of the saliency."""
    moments = LocalMoments(fused, sources, variant)
    va, vb = moments.saliency(0), moments.saliency(1)
    flat = 0.5 * (va + vb == 0)
    va, vb = va + flat, vb + flat
    share = va / (va + vb)
    quality_a = share * moments.similarity(0)
    quality_b = (1 - share) * moments.similarity(1)
    saliency = namespace(va).maximum(va, vb)
    return (image_sum(quality_a), image_sum(quality_b), image_sum(saliency * quality_a),
            image_sum(saliency * quality_b), image_sum(saliency))


def piella_terms(pair: Pair[A], variant: str = 'yuliu') -> tuple[tuple[A, A], tuple[A, A]]:
    """Return the halves of Q_S and of Q_W, one per source; see :func:`q_s` and :func:`q_w`."""
    check_variant('QW', variant)
    sources = pair.two_sources('QW')
    pair.require_size(f'QW ({variant})', MIN_SIZE[variant])
    module = compiled_module('piella_compiled')
    if variant == 'zliu' or module is None or not pair.all_uint8 or isinstance(pair.fused, torch.Tensor):
        return _weighted_terms(pair.fused, sources, variant)
    constants = [(k * _PEAK)**2 for k in _STABILISERS[variant]]
    plain_a, plain_b, salient_a, salient_b, saliency = module.window_sums(pair.fused, *sources, *constants)
    windows = math.prod(n - MIN_SIZE[variant] + 1 for n in pair.shape)
    return (plain_a / windows, plain_b / windows), (salient_a / saliency, salient_b / saliency)


def q_s(fused: Array, sources: Sequence[Array], variant: str = 'yuliu') -> float | torch.Tensor:
    """Saliency-weighted structural similarity Q_S: the mean of ``l ssim(F, A) + (1 - l) ssim(F, B)``.

    ``l = vA/(vA + vB)`` from the local variances. Range -1..1, higher is better. Variants and citation as :func:`q_w`.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The two source images, same shape.
        variant: ``yuliu`` or ``zliu``.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. Always defined.

    Raises:
        ValueError: As :func:`q_w`.
    """
    return scalar(sum(piella_terms(Pair(fused, sources), variant)[0]))


def q_w(fused: Array, sources: Sequence[Array], variant: str = 'yuliu') -> float | torch.Tensor:
    """Weighted fusion quality Q_W: similarity to the sources where they are salient.

    ``sum(c q)/sum(c)`` with ``q = l ssim(F, A) + (1 - l) ssim(F, B)``, ``l = vA/(vA + vB)`` and
    ``c = max(vA, vB)`` from the local variances; where both are 0, ``l`` = 1/2 and ``c`` = 1/2.
    ``yuliu``: universal index, 8 x 8 flat window, K = (1e-6, 1e-6). ``zliu``: SSIM, 11 x 11 Gaussian window of
    sigma 1.5, K = (0.01, 0.03). Only windows inside the image count. Range -1..1, higher is better.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The two source images, same shape.
        variant: ``yuliu`` (MFIF-Metrics) or ``zliu`` (2012 toolbox).

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. Always defined.

    Raises:
        ValueError: For an image smaller than the window, other than two sources, shapes that differ, colour,
            NaN, or values outside 0..255.

    References:
        G. Piella, H. Heijmans, "A new quality metric for image fusion", ICIP 2003, III:173-176.
    """
    return scalar(sum(piella_terms(Pair(fused, sources), variant)[1]))


def _edge_image(x: A) -> A:
    """Gradient magnitude with the Prewitt kernels, zeros assumed outside."""
    p = framed(x, slice(0, x.shape[-2]), 1)
    rows = p[..., :-2, :] + p[..., 1:-1, :] + p[..., 2:, :]
    columns = p[..., :-2] + p[..., 1:-1] + p[..., 2:]
    gx = rows[..., :-2] - rows[..., 2:]
    gy = columns[..., :-2, :] - columns[..., 2:, :]
    return namespace(x).sqrt(gx * gx + gy * gy)


def q_e_value(pair: Pair[A]) -> A:
    """Return Q_E of a pair; see :func:`q_e`."""
    plain = sum(piella_terms(pair)[1])
    edge_images = [_edge_image(x) for x in (pair.fused, *pair.sources)]
    return plain * sum(_weighted_terms(edge_images[0], edge_images[1:], 'yuliu')[1])


def q_e(fused: Array, sources: Sequence[Array]) -> float | torch.Tensor:
    """Edge-dependent fusion quality Q_E: Q_W times Q_W of the Prewitt edge images (``yuliu`` only).

    The 2012 toolbox's own switch for Q_E stops with an error, so there is no ``zliu`` variant.
    Range -1..1, higher is better. Arguments, errors and citation as :func:`q_w`.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The two source images, same shape.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. Always defined.
    """
    return scalar(q_e_value(Pair(fused, sources)))
