"""Padding of a state and of what is known about it."""

import torch

from drfuse.diffusion.denoiser import StepCondition, pad_image
from drfuse.utils.seed import keyed_generator


def image(*shape):
    return torch.rand(shape, generator=keyed_generator(*shape))


def test_small_images_are_replicated():
    x = image(1, 1, 1, 2)
    torch.testing.assert_close(pad_image(x, (0, 2, 0, 3)), x[..., [0, 1, 1, 1]].expand(-1, -1, 4, -1))


def test_condition_pads_its_maps_and_keeps_its_description():
    maps, vector = image(1, 2, 6, 9), image(1, 2, 5)
    padded = StepCondition(maps, maps + 1, maps + 2, vector, alpha_bar=maps[0, 0, 0, 0]).pad((0, 3, 0, 2))
    torch.testing.assert_close(padded.pinv, pad_image(maps, (0, 3, 0, 2)))
    torch.testing.assert_close(padded.residual, padded.pinv + 1)
    torch.testing.assert_close(padded.sigma, padded.pinv + 2)
    assert padded.degradation is vector and padded.alpha_bar == maps[0, 0, 0, 0]
