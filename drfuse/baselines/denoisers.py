"""Restorers that denoise y and leave its blur and resolution alone."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import torch

from drfuse.baselines.restorer import Denoise, Restorer, rms_sigma
from drfuse.degradations import Observation
from drfuse.evaluation.naive import bicubic
from drfuse.registry import RESTORERS


@RESTORERS.register_module()
class NonLocalMeans(Restorer):
    """Non-local means of y with the known noise level, enlarged bicubically where y has lost resolution.

    A. Buades, B. Coll, J.-M. Morel, "A non-local algorithm for image denoising", CVPR 2005, in scikit-image's fast
    implementation.

    Args:
        strength: Cut-off distance h as a multiple of sigma, > 0.
        patch_size: Side of the compared patches.
        patch_distance: Largest distance of compared patches.
        offset: See :class:`~drfuse.baselines.restorer.Restorer`.
        clip_scale: See :class:`~drfuse.baselines.restorer.Restorer`.

    Raises:
        ImportError: If scikit-image is not installed.
        ValueError: If the strength is not positive.
    """

    def __init__(self, strength: float = 0.8, patch_size: int = 5, patch_distance: int = 8, offset: float = 0.0,
                 clip_scale: float = 0.0) -> None:
        super().__init__(offset, clip_scale)
        try:
            from skimage.restoration import denoise_nl_means
        except ImportError as error:
            raise ImportError(f'NonLocalMeans needs scikit-image ({error}): pip install scikit-image') from None
        if strength <= 0:
            raise ValueError(f'NonLocalMeans strength must be > 0, got {strength}')
        self.strength, self.patch_size, self.patch_distance = strength, patch_size, patch_distance
        self._denoise = denoise_nl_means

    def restore(self, observation: Observation) -> torch.Tensor:
        """Denoise image by image."""
        sigmas = rms_sigma(observation).flatten().tolist()
        images = [self._one(image[0], sigma) for image, sigma in zip(observation.y, sigmas, strict=True)]
        return bicubic(replace(observation, y=torch.stack(images)[:, None]))

    def _one(self, image: torch.Tensor, sigma: float) -> torch.Tensor:
        if sigma == 0:
            return image
        result = self._denoise(image.cpu().numpy(), patch_size=self.patch_size, patch_distance=self.patch_distance,
                               h=self.strength * sigma, sigma=sigma, fast_mode=True)
        return torch.from_numpy(result).to(image)


@RESTORERS.register_module()
class LearnedDenoiser(Restorer):
    """The trained, noise-conditioned denoiser on y, enlarged bicubically where y has lost resolution.

    Args:
        offset: See :class:`~drfuse.baselines.restorer.Restorer`.
        clip_scale: See :class:`~drfuse.baselines.restorer.Restorer`.
    """

    uses_denoiser: ClassVar[bool] = True

    def attach(self, denoiser: Denoise) -> None:
        """Set the denoiser."""
        self.denoiser = denoiser

    def restore(self, observation: Observation) -> torch.Tensor:
        """Denoise y; without noise there is nothing to remove."""
        sigma = observation.sigma.float()
        denoised = self.denoiser(observation.y, sigma)
        noisy = rms_sigma(observation) > 0
        return bicubic(replace(observation, y=torch.where(noisy, denoised, observation.y)))
