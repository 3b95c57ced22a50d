import numpy as np
import pytest
import torch
from skimage import data

from drfuse.degradations import Degradation
from drfuse.utils.seed import keyed_generator


def degrade(image, *stages):
    """Degrade an image (C, H, W) and store it with 8 bits."""
    degradation = Degradation([*stages, dict(type='Floor')])
    generator = keyed_generator(str(stages))
    return degradation.degrade(image[None].double(), degradation.sample_params(generator), generator)[0].float()


@pytest.fixture(scope='session', name='degrade')
def degrade_fixture():
    return degrade


@pytest.fixture(scope='session')
def camera():
    """Return a grey photograph (1, 512, 512)."""
    return torch.from_numpy(np.float32(data.camera()) / 255)[None]


@pytest.fixture(scope='session')
def astronaut():
    """Return a colour photograph (3, 512, 512)."""
    return torch.from_numpy(np.float32(data.astronaut()).transpose(2, 0, 1) / 255)


@pytest.fixture(scope='session')
def slice_on_black():
    """Return a smooth body on an exactly black background (1, 256, 256)."""
    y, x = np.mgrid[-1:1:256j, -1:1:256j]
    body = np.where(x ** 2 + y ** 2 < 0.3, 0.5 + 0.2 * np.sin(9 * x) * np.cos(7 * y), 0)
    return torch.from_numpy(np.float32(body))[None]
