"""A small light model whose weights are random but not trivial, and degraded pairs for it."""

import numpy as np
import pytest
import torch

import drfuse.models  # noqa: F401 - registers the model
from drfuse.datasets.synthetic import draw_road_scene
from drfuse.degradations import Degradation
from drfuse.registry import MODELS
from drfuse.utils.seed import keyed_generator

BLUR = dict(type='GaussianBlur', sigma=2.0, kernel_size=21)
DEGRADATIONS = dict(
    noise=([dict(type='GaussianNoise', sigma=0.055)], [dict(type='GaussianNoise', sigma=0.055)]),
    blur=([BLUR], [BLUR]),
    composite=([BLUR, dict(type='GaussianNoise', sigma=0.032), dict(type='AveragePool', factor=4)],
               [BLUR, dict(type='GaussianNoise', sigma=0.032)]))


def random_model(backbone: dict, **sampler) -> torch.nn.Module:
    """Return a model that changes its input visibly: what is 0 or small at the start is drawn larger."""
    torch.manual_seed(0)
    model = MODELS.build(dict(type='DRFusion', backbone=backbone, sampler={**dict(
        type='FusionDDIMSampler', num_steps=3, init='pinv', correction_scale=dict(type='LearnedScale', num_steps=3,
                                                                                  fused=1.0),
        fusion=dict(type='StarletFusion', bands=backbone.get('weight_bands', 1), max_logit=6.0)), **sampler}))
    for name, p in model.backbone.named_parameters():
        if name.endswith(('mix.weight', 'narrow.weight', 'narrow2.weight')):
            p.data.mul_(5)
        elif 'head' in name and name.endswith('weight'):
            torch.nn.init.normal_(p, std=0.15)
    return model.eval()


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
