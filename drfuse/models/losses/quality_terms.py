"""Differentiable measures of fusion quality, the loss forms of metrics: pure functions of images (B, 1, H, W)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from drfuse.models.losses.functional import sobel_components

_EPS = 1e-8
_FLAT, _DARK = 3e-4, 5e-4
"""Added to contrasts, and the least local mean behind the sensitivity filter: flat and black areas have no slope."""


def strongest_gradient(images: Sequence[torch.Tensor], norm: float = 8.0) -> torch.Tensor:
    """Return, per pixel and direction, the signed Sobel derivative of the image where it is largest in magnitude.

    Other than the largest magnitude of Eq. 23 it keeps the sign, so that a dark edge stays one.

    Args:
        images: M images (B, 1, H, W).
        norm: Divisor of the derivatives; 8 makes them slopes per pixel.

    Returns:
        (B, 2, H, W).
    """
    best = sobel_components(images[0], norm)
    for image in images[1:]:
        other = sobel_components(image, norm)
        best = torch.where(other.abs() > best.abs(), other, best)
    return best


def piella_quality(fused: torch.Tensor, sources: Sequence[torch.Tensor], window: int = 8,
                   stabiliser: float = 1e-4) -> torch.Tensor:
    """Return the saliency-weighted structural similarity of a fused image to its sources, per sample (B,).

    The loss form of Q_W (G. Piella, H. Heijmans, "A new quality metric for image fusion", ICIP 2003): in every window
    the similarity to each source counts by its share of the variance, and the window by the largest variance.

    Args:
        fused: (B, 1, H, W) in [0, 1].
        sources: M images of the same shape.
        window: Side of the flat window in pixels.
        stabiliser: Added to numerators and denominators of the similarity, on the [0, 1] scale.
    """
    mean_f = _mean(fused, window)
    var_f = (_mean(fused * fused, window) - mean_f.square()).clamp(min=0)
    variances, similarities = [], []
    for source in sources:
        mean = _mean(source, window)
        variance = (_mean(source * source, window) - mean.square()).clamp(min=0)
        covariance = _mean(source * fused, window) - mean * mean_f
        luminance = (2 * mean * mean_f + stabiliser) / (mean.square() + mean_f.square() + stabiliser)
        similarities.append(luminance * (2 * covariance + stabiliser) / (variance + var_f + stabiliser))
        variances.append(variance)
    saliency = torch.stack(variances)
    share = (saliency + _EPS) / (saliency + _EPS).sum(0)
    weight = saliency.amax(0)
    quality = weight * (share * torch.stack(similarities)).sum(0)
    return quality.sum((1, 2, 3)) / (weight.sum((1, 2, 3)) + _EPS)


def edge_quality(fused: torch.Tensor, sources: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return how much of the sources' edge strength and direction a fused image keeps, per sample (B,).

    The sum of :func:`edge_quality_halves`; arguments as there.
    """
    return edge_quality_halves(fused, sources).sum(0)


def edge_quality_halves(fused: torch.Tensor, sources: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return each source's share of the edge strength and direction that a fused image keeps, (M, B).

    The loss form of Q_AB/F (C. Xydeas, V. Petrovic, "Objective image fusion performance measure", Electronics Letters
    36(4), 2000) with its sigmoids: strength kappa -10, sigma 0.5; direction kappa -20, sigma 0.75; weighted by the
    edge strength of the sources, over that of all of them.

    Args:
        fused: (B, 1, H, W) in [0, 1].
        sources: M images of the same shape.
    """
    gf, af = _strength_and_direction(fused)
    kept, weights = [], []
    for source in sources:
        g, a = _strength_and_direction(source)
        ratio = torch.minimum(g, gf) / (torch.maximum(g, gf) + 1e-4)
        # the angle between two undirected lines, from their dot product
        alignment = 1 - torch.acos((a * af).sum(1, keepdim=True).abs().clamp(max=1 - 1e-4)) * 2 / torch.pi
        strength = 1 / (1 + torch.exp(-10 * (ratio - 0.5)))
        direction = 1 / (1 + torch.exp(-20 * (alignment - 0.75)))
        kept.append((strength * direction * g).sum((1, 2, 3)))
        weights.append(g.sum((1, 2, 3)))
    return torch.stack(kept) / (sum(weights) + _EPS)


def mutual_information(x: torch.Tensor, y: torch.Tensor, bins: int = 48) -> torch.Tensor:
    """Return the mutual information of two images over the sum of their entropies, per sample (B,), in [0, 0.5].

    The loss form of one half of Q_MI (M. Hossny et al., Electronics Letters 44(18), 2008): the joint histogram is
    filled with linear weights between neighbouring bins, so that it has a gradient.

    Args:
        x: (B, 1, H, W) in [0, 1].
        y: Images of the same shape.
        bins: Bins over [0, 1].
    """
    a, b = _soft_bins(x, bins), _soft_bins(y, bins)
    joint = torch.einsum('bni,bnj->bij', a, b) / a.shape[1]
    pa, pb = joint.sum(2), joint.sum(1)
    entropy_a, entropy_b, entropy_ab = _entropy(pa), _entropy(pb), _entropy(joint.flatten(1))
    return (entropy_a + entropy_b - entropy_ab) / (entropy_a + entropy_b + _EPS)


def information_halves(fused: torch.Tensor, sources: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return each source's half of Q_MI, twice its :func:`mutual_information` with the fused image, (M, B)."""
    return torch.stack([2 * mutual_information(fused, source) for source in sources])


def contrast_quality(fused: torch.Tensor, sources: Sequence[torch.Tensor], side: int = 384) -> torch.Tensor:
    """Return how much of the sources' visible local contrast a fused image keeps, per sample (B,).

    The loss form of Q_CB (Y. Chen, R.S. Blum, "A new automated quality assessment algorithm for image fusion", Image
    and Vision Computing 27(10), 2009): behind a contrast sensitivity filter, per source the smaller local contrast over
    the larger, weighted by the squared contrasts of the sources. As there, every image is stretched first; what spans a
    crop stands for what spans the image.

    Args:
        fused: (B, 1, H, W) in [0, 1], also a crop: the sensitivity is that for a whole image.
        sources: M images of the same shape.
        side: Height and width of a whole image in pixels, which set the distance that it is seen from.
    """
    contrasts = _local_contrast(_stretched(torch.cat([fused, *sources], 1)), side)
    of_fused, of_sources = contrasts[:, :1], contrasts[:, 1:]
    kept = (torch.minimum(of_fused, of_sources) + _FLAT) / (torch.maximum(of_fused, of_sources) + _FLAT)
    energy = of_sources.square() + _EPS
    return (energy / energy.sum(1, keepdim=True) * kept).sum(1).mean((1, 2))


def total_variation(x: torch.Tensor) -> torch.Tensor:
    """Return the mean absolute difference of neighbouring pixels, rows plus columns, a scalar."""
    return (x[..., 1:, :] - x[..., :-1, :]).abs().mean() + (x[..., 1:] - x[..., :-1]).abs().mean()


def invented_slopes(fused: torch.Tensor, sources: Sequence[torch.Tensor], window: int = 9) -> torch.Tensor:
    """Return by how much the coarse slopes of a fused image exceed the steepest of its sources nearby, a scalar.

    Where weights change between areas that are flat in every source, the fused image has a ramp that none of them has:
    a halo around trees and roofs in front of a sky.

    Args:
        fused: (B, 1, H, W) in [0, 1].
        sources: M images of the same shape.
        window: Odd side, in pixels, of the means whose slopes are compared and of what is nearby.
    """
    def slopes(x: torch.Tensor) -> torch.Tensor:
        return _strength_and_direction(_mean(x, window))[0]

    allowed = torch.stack([slopes(x) for x in sources]).amax(0)
    return F.relu(slopes(fused) - F.max_pool2d(allowed, window, 1, window // 2)).mean()


def _entropy(p: torch.Tensor) -> torch.Tensor:
    return -(p * (p + _EPS).log()).sum(-1)


def _soft_bins(x: torch.Tensor, bins: int) -> torch.Tensor:
    """Return the membership (B, N, bins) of every pixel, shared by the two bins next to its value."""
    position = x.flatten(1).clamp(0, 1)[..., None] * (bins - 1)
    return (1 - (position - torch.arange(bins, device=x.device)).abs()).clamp(min=0)


def _stretched(x: torch.Tensor) -> torch.Tensor:
    low, high = x.amin((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
    return (x - low) / (high - low + _EPS)


def _local_contrast(images: torch.Tensor, side: int) -> torch.Tensor:
    """Return the masked contrast of images (B, C, H, W) behind the sensitivity filter, of their shape."""
    height, width = images.shape[-2:]
    fy, fx = torch.fft.fftfreq(height, device=images.device), torch.fft.rfftfreq(width, device=images.device)
    radius = (2 * side / 30) ** 2 * (fy[:, None].square() + fx.square())
    gain = torch.exp(-radius / 15.387**2) - 0.7622 * torch.exp(-radius / 1.3456**2)
    seen = torch.fft.irfft2(torch.fft.rfft2(images) * gain, s=(height, width))
    narrow, wide = (_gaussian_mean(seen, sigma) for sigma in (2.0, 4.0))
    contrast = (narrow / torch.where(wide < 0, wide.clamp(max=-_DARK), wide.clamp(min=_DARK)) - 1).abs()
    return contrast**3 / (contrast.square() + 1e-4)


def _gaussian_mean(x: torch.Tensor, sigma: float) -> torch.Tensor:
    offsets = torch.arange(-15.0, 16.0, device=x.device)
    kernel = torch.exp(-offsets.square() / (2 * sigma**2)) / ((2 * torch.pi) ** 0.5 * sigma)
    rows = F.conv2d(F.pad(x, (15, 15, 15, 15), mode='replicate').flatten(0, 1)[:, None], kernel.view(1, 1, -1, 1))
    return F.conv2d(rows, kernel.view(1, 1, 1, -1)).unflatten(0, x.shape[:2])[:, :, 0]


def _mean(x: torch.Tensor, window: int) -> torch.Tensor:
    return F.avg_pool2d(x, window, 1)


def _strength_and_direction(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the Sobel magnitude (B, 1, H, W) and its unit vector (B, 2, H, W)."""
    g = sobel_components(x, 8.0)
    strength = (g.square().sum(1, keepdim=True) + 1e-10).sqrt()
    return strength, g / strength
