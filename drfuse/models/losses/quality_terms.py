"""Differentiable measures of fusion quality, the loss forms of metrics: pure functions of images (B, 1, H, W)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from drfuse.models.losses.functional import sobel_components

_EPS = 1e-8


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


def total_variation(x: torch.Tensor) -> torch.Tensor:
    """Return the mean absolute difference of neighbouring pixels, rows plus columns, a scalar."""
    return (x[..., 1:, :] - x[..., :-1, :]).abs().mean() + (x[..., 1:] - x[..., :-1]).abs().mean()


def _entropy(p: torch.Tensor) -> torch.Tensor:
    return -(p * (p + _EPS).log()).sum(-1)


def _soft_bins(x: torch.Tensor, bins: int) -> torch.Tensor:
    """Return the membership (B, N, bins) of every pixel, shared by the two bins next to its value."""
    position = x.flatten(1).clamp(0, 1)[..., None] * (bins - 1)
    return (1 - (position - torch.arange(bins, device=x.device)).abs()).clamp(min=0)


def _mean(x: torch.Tensor, window: int) -> torch.Tensor:
    return F.avg_pool2d(x, window, 1)


def _strength_and_direction(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the Sobel magnitude (B, 1, H, W) and its unit vector (B, 2, H, W)."""
    g = sobel_components(x, 8.0)
    strength = (g.square().sum(1, keepdim=True) + 1e-10).sqrt()
    return strength, g / strength
