import pytest
import torch

from drfuse.degradations import Degradation

BLUR, POOL = dict(type='GaussianBlur', sigma=1.2, kernel_size=9), dict(type='AveragePool', factor=2)


@pytest.fixture
def scene():
    """Two images (2, 1, 33, 40) with flat parts, edges and a ramp."""
    image = torch.full((2, 1, 33, 40), 0.3)
    image[0, :, 8:20, 10:26] = 0.8
    image[1, :, :, 20:] += torch.linspace(0, 0.5, 20)
    return image


@pytest.fixture
def observe(scene):
    """Degrade the scene with stages that have fixed parameters, with noise that is the same every time."""
    def observe(*stages):
        return Degradation(list(stages)).observe(scene, torch.Generator().manual_seed(3))[0]
    return observe


@pytest.fixture
def composite(observe):
    """Blur, noise and half the resolution: y = S(B x + n)."""
    return observe(BLUR, dict(type='GaussianNoise', sigma=0.04), POOL)


@pytest.fixture
def error(scene):
    """Measure the root-mean-square error of a restored image."""
    return lambda image: float((image - scene).square().mean().sqrt())
