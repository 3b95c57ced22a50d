"""The contract of a restorer, and what several of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import numpy as np
import torch
from scipy.special import ndtr
from torch.nn import functional as F

from drfuse.degradations import Observation

Denoise = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""(noisy image (B, 1, H, W), sigma (B, 1, 1, 1) or of its size) -> clean image."""

LEVEL = 1 / 255
_LONGEST = 6.0


class Restorer(ABC):
    """Turns an observation into a restored luminance image; operator and noise level are known to it.

    Two effects of 8-bit cameras are not in y = A x + n, and can be undone here:

    - truncation lowers y by half a level on average each time (``offset`` in levels is added where y > 0),
    - noise that is clipped at 0 lifts black backgrounds: E max(0, x + n) = x Phi(x / s) + s phi(x / s) is inverted
      with s = ``clip_scale`` * sigma after the restoration (A. Foi, "Clipped noisy images", Signal Processing 89(12),
      2009).

    Args:
        offset: Levels of 1/255 that are added to y where it is above 0.
        clip_scale: Noise before clipping, as a multiple of the observation's sigma; 0 = no clipping.

    Raises:
        ValueError: If ``clip_scale`` is negative.
    """

    uses_denoiser: ClassVar[bool] = False
    """True if :meth:`attach` must have been called with a trained denoiser."""

    def __init__(self, offset: float = 0.0, clip_scale: float = 0.0) -> None:
        if clip_scale < 0:
            raise ValueError(f'{type(self).__name__} clip_scale must be >= 0, got {clip_scale}')
        self.offset, self.clip_scale = offset, clip_scale

    @torch.no_grad()
    def __call__(self, observation: Observation) -> torch.Tensor:
        """Return the restored luminance.

        Args:
            observation: y (B, 1, h, w), A and sigma.

        Returns:
            (B, 1, H, W) float32 in [0, 1].
        """
        y = observation.y.float()
        y = torch.where(y > 0, y + self.offset * LEVEL, y)
        image = self.restore(replace(observation, y=y))
        if self.clip_scale:
            image = unclip(image, self.clip_scale * rms_sigma(observation))
        return image.clamp(0, 1).float()

    @abstractmethod
    def restore(self, observation: Observation) -> torch.Tensor:
        """Return the image (B, 1, H, W), about [0, 1]."""

    def attach(self, denoiser: Denoise) -> None:  # noqa: B027 - most have no use for it
        """Give a trained denoiser to those who use one."""


def rms_sigma(observation: Observation) -> torch.Tensor:
    """Return the root-mean-square noise level (B, 1, 1, 1) of an observation, without quantisation."""
    return observation.sigma.float().square().mean((1, 2, 3), keepdim=True).sqrt()


def effective_variance(observation: Observation) -> torch.Tensor:
    """Return the noise variance (B, 1, 1, 1) with that of 8-bit quantisation, so that it is never 0."""
    return rms_sigma(observation).square() + LEVEL**2 / 12


def unclip(image: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """Return x from E max(0, x + n): the mean of clipped noisy values.

    Args:
        image: (B, 1, H, W), estimates of the mean.
        sigma: (B, 1, 1, 1), standard deviation of n before clipping.

    Returns:
        (B, 1, H, W), at least 0; unchanged where x is far above sigma.
    """
    t = np.linspace(0, _LONGEST, 601)
    mean = t * ndtr(t) + np.exp(-t**2 / 2) / np.sqrt(2 * np.pi)
    result = image.clone()
    for i, s in enumerate(sigma.flatten().tolist()):
        if s > 0:
            values = (image[i] / s).cpu().double().numpy()
            inverse = np.where(values < mean[-1], np.interp(values, mean, t), values)
            result[i] = torch.from_numpy(inverse * s).to(image)
    return result


def gradient(image: torch.Tensor) -> torch.Tensor:
    """Return forward differences (B, 2, H, W) of an image (B, 1, H, W), 0 behind the last row and column."""
    return torch.cat([F.pad(image.diff(dim=-2), (0, 0, 0, 1)), F.pad(image.diff(dim=-1), (0, 1))], 1)


def gradient_adjoint(field: torch.Tensor) -> torch.Tensor:
    """Apply the transpose of :func:`gradient`: (B, 2, H, W) to (B, 1, H, W)."""
    rows, columns = field[:, :1, :-1], field[:, 1:, :, :-1]
    return F.pad(rows, (0, 0, 1, 0)) - F.pad(rows, (0, 0, 0, 1)) + F.pad(columns, (1, 0)) - F.pad(columns, (0, 1))
