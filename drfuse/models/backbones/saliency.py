"""Which of two sources is sharper, around every place: the votes that classical fusion rules take."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from drfuse.diffusion.ddim import predict_x0
from drfuse.diffusion.denoiser import StepCondition
from drfuse.models.backbones.light_blocks import window_mean

LIMIT = 4.0
"""A vote for the first source, and the share of it that small differences count."""
CELL = 4
"""Votes are taken in cells of this side, in pixels; the saliency of three by three of them is compared."""
_DARK = 2e-2
"""Added to saliency: in flatter areas a vote would be one of grain and of rounding."""


class SaliencyVotes(nn.Module):
    """What a branch of fusion weights is told of :func:`saliency_votes` on the sources that a step predicts.

    Args:
        windows: Odd sides of the windows, in cells of 4 x 4 pixels.
        channels: Of the features at 1/4 that votes are added to.
        logits: K, logits that votes are added to.

    Raises:
        ValueError: If a window is not odd and positive.
    """

    def __init__(self, windows: Sequence[int], channels: int, logits: int) -> None:
        super().__init__()
        if not windows or any(window < 1 or window % 2 == 0 for window in windows):
            raise ValueError(f'SaliencyVotes windows must be odd and positive, got {tuple(windows)}')
        self.windows = tuple(windows)
        self.stem, self.head = (nn.Conv2d(len(windows), outputs, 1, bias=False) for outputs in (channels, logits))
        for layer in (self.stem, self.head):
            nn.init.zeros_(layer.weight)
        self.reach = CELL * (max(windows) // 2 + 1) + CELL

    def forward(self, x: torch.Tensor, eps: torch.Tensor, cond: StepCondition) -> torch.Tensor:
        """Return votes (B, len(windows), H / 4, W / 4) for a state x and its predicted noise eps (B, 3, H, W).

        Raises:
            ValueError: If the condition does not say how noisy the state is.
        """
        if cond.alpha_bar is None:
            raise ValueError('a network with weight_votes needs alpha_bar in its StepCondition, got None')
        with torch.no_grad():
            return saliency_votes(*predict_x0(x[:, :2], eps[:, :2].to(x), cond.alpha_bar).split(1, 1), self.windows)


def saliency_votes(first: torch.Tensor, second: torch.Tensor, windows: Sequence[int]) -> torch.Tensor:
    """Return, around every place, how often the first source is the more salient one.

    Saliency is the mean |Laplacian| of a neighbourhood, as in fusion by guided filtering (S. Li, X. Kang, J. Hu, IEEE
    TIP 22(7), 2013), the vote soft; its means over small and wide windows are what that rule weighs detail and base by,
    but for the filter's alignment with edges.

    Args:
        first: (B, 1, H, W), images in about [0, 1]; both sides are multiples of 4.
        second: Of the same shape.
        windows: Odd sides of the means, in cells of 4 x 4 pixels; 1 = the votes themselves.

    Returns:
        (B, len(windows), H / 4, W / 4) in [-4, 4].
    """
    a, b = ((_saliency(image) + _DARK).log() for image in (first, second))
    vote = LIMIT * torch.tanh(LIMIT * (a - b))
    return torch.cat([window_mean(vote, window) for window in windows], 1)


def _saliency(image: torch.Tensor) -> torch.Tensor:
    wide = F.pad(image.clamp(0, 1), (1, 1, 1, 1), mode='replicate')
    beside = wide[..., 1:-1, :-2] + wide[..., 1:-1, 2:]
    above = wide[..., :-2, 1:-1] + wide[..., 2:, 1:-1]
    return window_mean(F.avg_pool2d((beside + above - 4 * wide[..., 1:-1, 1:-1]).abs(), CELL), 3)
