"""The stand-ins are deterministic and keep the contracts."""

import pytest
import torch

from drfuse.testing import DummyDenoiser, random_image, random_observations


def test_image_depends_on_its_arguments_alone():
    image = random_image(2, 1, 4, 5, seed=3)
    assert image.shape == (2, 1, 4, 5) and image.dtype == torch.float32
    assert 0 <= float(image.min()) and float(image.max()) < 1
    torch.rand(3)
    assert torch.equal(image, random_image(2, 1, 4, 5, seed=3))
    assert not torch.equal(image, random_image(2, 1, 4, 5, seed=4))


def test_observations_follow_their_degradations():
    stages = [[dict(type='AveragePool', factor=2)], [dict(type='GaussianNoise', sigma=0.1)]]
    observations, images = random_observations(stages, (8, 6), batch=3)
    low, noisy = observations
    assert low.y.shape == (3, 1, 4, 3) and noisy.y.shape == (3, 1, 8, 6)
    torch.testing.assert_close(low.y, low.A.forward(images[0]))
    noise = noisy.y - images[1]
    assert 0.05 < float(noise.std()) < 0.2
    assert not torch.equal(noise[0], noise[1])


@pytest.mark.parametrize('sources', [2, 3])
def test_denoiser_pads_and_crops(sources):
    denoiser = DummyDenoiser(sources, size_divisibility=4)
    eps, logits, _ = denoiser(random_image(2, sources + 1, 10, 7), torch.tensor([1, 3]))
    assert eps.shape == (2, sources + 1, 10, 7) and logits.shape == (2, sources, 10, 7)


def test_denoiser_is_the_same_every_time():
    x, t = random_image(1, 3, 8, 8), torch.tensor([2])
    torch.manual_seed(1)
    first = DummyDenoiser(seed=7)(x, t)
    torch.manual_seed(2)
    assert torch.equal(first.eps, DummyDenoiser(seed=7)(x, t).eps)
    assert not torch.equal(first.eps, DummyDenoiser(seed=8)(x, t).eps)
