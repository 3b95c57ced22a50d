"""A small light model whose weights are random but not trivial, and degraded pairs for it."""

import numpy as np
import pytest
import torch

from drfuse.datasets.synthetic import draw_road_scene
from drfuse.degradations import Degradation
from drfuse.utils.seed import keyed_generator

from .models import DEGRADATIONS, random_model


@pytest.fixture(scope='session')
def light_model():
    """The light network, narrower."""
    return random_model(dict(type='LightUNet', widths=(8, 16, 16), encoder_blocks=(1, 1, 2), emb_channels=16,
                             weight_bands=4))


@pytest.fixture(scope='session')
def run_light(light_model):
    """From observations to a result."""
    def run(inputs):
        with torch.no_grad():
            return light_model(dict(inputs), mode='tensor')
    return run


@pytest.fixture(scope='session')
def scene():
    """Modality to a clean picture (1, C, H, W)."""
    pair = draw_road_scene((256, 328), np.random.default_rng(0))
    planes = {name: array if array.ndim == 3 else array[..., None] for name, array in pair.items()}
    return {name: torch.from_numpy(array.transpose(2, 0, 1).copy()).float()[None] / 255
            for name, array in planes.items()}


@pytest.fixture(scope='session')
def observe(scene):
    """Return a function from the name of a degradation to observations of the scene."""
    def make(name):
        stages = DEGRADATIONS[name]
        return {key: Degradation(stage).observe(image, keyed_generator(name, key))[0]
                for (key, image), stage in zip(scene.items(), stages, strict=True)}
    return make
