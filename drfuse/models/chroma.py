"""Colour of the result: chroma of a degraded source, restored with the restored luminance as guide."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from drfuse.degradations.degradation import Observation
from drfuse.degradations.separable import can_filter, filter_boxes
from drfuse.structures import ycbcr_to_rgb
from drfuse.structures.color import CHROMA_WEIGHTS, LUMA_WEIGHTS
from drfuse.utils.enlarge import enlarge

RADIUS = 4
"""Half the side of the window of the fit, in observed pixels."""

_MARGIN = 1.3  # how far above the noise the variance of a residual must be to be taken for colour
_TRUST = 4e-3  # variance of the guide below which its edges are not imprinted: the restored luminance has errors


def restore_chroma(chroma: torch.Tensor, luma: torch.Tensor, observation: Observation,
                   radius: int = RADIUS) -> torch.Tensor:
    """Remove noise, blur and low resolution from chroma.

    Around every pixel the observed chroma is fitted by a line in the observed luminance, as the guided filter does
    (K. He, J. Sun, X. Tang, "Guided image filtering", IEEE TPAMI 35(6), 2013). The fit is made where the chroma was
    observed, against A X, and applied to the restored luminance X at full size: edges of the chroma follow those of X.
    What the line leaves over keeps the part that exceeds the noise (J.-S. Lee, "Digital image enhancement and noise
    filtering by use of local statistics", IEEE TPAMI 2(2), 1980): chroma without noise and blur comes back as it was.

    Args:
        chroma: (B, 2, h, w) of the degraded images, neutral at 0.5.
        luma: (B, 1, H, W) restored luminance in [0, 1].
        observation: The luminance y, A and sigma of the same source; independent noise of equal strength in the
            stored channels is assumed.
        radius: Half the side of the fitted window, in observed pixels.

    Returns:
        (B, 2, H, W), neutral at 0.5.
    """
    guide, chroma = observation.A.forward(luma.float()), chroma.float()
    noise = _chroma_variance(observation).to(chroma)
    radius = min(radius, (min(chroma.shape[-2:]) - 1) // 2)
    mean_g, mean_c, mean_gg, mean_gc = _boxes((guide, chroma, guide.square(), guide * chroma), radius)
    variance = (mean_gg - mean_g.square()).clamp(min=0)
    slope = (mean_gc - mean_g * mean_c) / (variance + noise + _TRUST)
    slope, offset = _boxes((slope, mean_c - slope * mean_g), radius)
    rest = chroma - slope * guide - offset
    (spread,) = _boxes((rest.square(),), radius)
    rest = rest * ((spread - _MARGIN * noise).clamp(min=0) / spread.clamp(min=1e-12))
    slope, offset, rest = (enlarge(image, luma.shape[-2:], factor=observation.A.stride)
                           for image in (slope, offset, rest))
    return (slope * luma + offset + rest).clamp(0, 1)


def _chroma_variance(observation: Observation) -> torch.Tensor:
    """Return the noise variance of Cb and Cr (B, 2, 1, 1): that of the luminance times the ratio of squared weights."""
    rows = torch.tensor((LUMA_WEIGHTS, *CHROMA_WEIGHTS)).square().sum(1)
    ratio = (rows[1:] / rows[0]).view(1, 2, 1, 1).to(observation.sigma)
    known = observation.A.noise_std  # of the whole picture, also for a window of it
    variance = observation.sigma.square().mean((1, 2, 3)) if known is None else known.to(ratio).square()
    return variance.view(-1, 1, 1, 1) * ratio


def _boxes(images: Sequence[torch.Tensor], radius: int) -> list[torch.Tensor]:
    """Return the mean of every (2 r + 1)^2 window of each image; windows are cut at the border."""
    side = 2 * radius + 1
    if all(can_filter(image) for image in images):
        return [_counted(sums, radius) for sums in filter_boxes(images, side)]
    return [F.avg_pool2d(image, side, 1, radius, count_include_pad=False) for image in images]


def _counted(sums: torch.Tensor, radius: int) -> torch.Tensor:
    """Divide sums over windows by how many pixels of each lie inside, in place."""
    for dim in (-2, -1):
        position = torch.arange(sums.shape[dim])
        count = torch.minimum(position, position.flip(0)).clamp(max=radius) + radius + 1
        count = count.clamp(max=sums.shape[dim]).to(sums)
        sums.div_(count[:, None] if dim == -2 else count)  # noqa: PLR2004
    return sums


def colourise(luma: torch.Tensor, chroma: torch.Tensor) -> torch.Tensor:
    """Join luminance and a source's chroma, resized bicubically to the full size.

    Args:
        luma: (1, H, W) in [0, 1].
        chroma: (2, h, w), neutral at 0.5, any size.

    Returns:
        (3, H, W) RGB, clamped to [0, 1].
    """
    return ycbcr_to_rgb(luma, enlarge(chroma.to(luma)[None], luma.shape[-2:], antialias=True)[0]).clamp(0, 1)
