"""Small deterministic stand-ins: images, observations, a network."""

from collections.abc import Sequence

import torch
from torch import nn

from drfuse.degradations.degradation import Degradation, Observation
from drfuse.diffusion.denoiser import DenoiserOutput, StepCondition
from drfuse.models.backbones.base_backbone import BaseDenoiser
from drfuse.utils.seed import keyed_generator


def random_image(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Return an image of independent values, uniform in [0, 1), that depends on the arguments alone.

    Args:
        shape: For example (B, C, H, W).
        seed: Names the image.
        dtype: float32 or float64.
    """
    return torch.rand(shape, generator=keyed_generator('random_image', seed), dtype=dtype)


def random_observations(degradations: Sequence[Sequence[dict]], image_shape: tuple[int, int] = (16, 16),
                        batch: int = 2, seed: int = 0) -> tuple[list[Observation], list[torch.Tensor]]:
    """Return observations of random grey images, one per modality, and the images.

    Args:
        degradations: Per modality the stages, as configs.
        image_shape: (H, W) of the images.
        batch: B.
        seed: Names images and noise.

    Returns:
        M observations with leading dimension B, and M clean images (B, 1, H, W).
    """
    images = [random_image(batch, 1, *image_shape, seed=seed + i) for i in range(len(degradations))]
    observations = []
    for i, (stages, image) in enumerate(zip(degradations, images, strict=True)):
        degradation = Degradation(stages).resolve(keyed_generator('resolve', seed, i))
        singles = [degradation.observe(image[b:b + 1], keyed_generator('observe', seed, i, b))[0]
                   for b in range(batch)]
        observations.append(Observation.stack(singles))
    return observations, images


class DummyDenoiser(BaseDenoiser):
    """A network of one 3 x 3 convolution: every output pixel depends on its neighbours, the step and nothing else.

    Args:
        num_sources: M.
        size_divisibility: What heights and widths must be multiples of.
        seed: Names the weights.
    """

    receptive_field = 3

    def __init__(self, num_sources: int = 2, size_divisibility: int = 1, seed: int = 0) -> None:
        super().__init__(num_sources)
        self.size_divisibility = size_divisibility
        self.conv = nn.Conv2d(num_sources + 1, 2 * num_sources + 1, 3, padding=1)
        generator = keyed_generator('DummyDenoiser', seed)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(0.2 * torch.randn(parameter.shape, generator=generator))

    def forward_features(self, x: torch.Tensor, t: torch.Tensor, cond: StepCondition | None) -> DenoiserOutput:
        """Return noise and weight logits that fade with the step."""
        fade = 1 / (1 + t.to(x).view(-1, 1, 1, 1))
        eps, logits = (fade * self.conv(x)).split([self.num_sources + 1, self.num_sources], dim=1)
        return DenoiserOutput(eps, logits)
