"""The shipped weights: whole, small, and better than what they are given on pairs nobody trained on."""

import math

import numpy as np
import pytest
import torch

from drfuse.apis import model_zoo
from drfuse.apis.fusion_inferencer import FusionInferencer
from drfuse.datasets.embedded import EmbeddedPairs
from drfuse.degradations import Degradation
from drfuse.structures import split_luma_chroma
from drfuse.utils.seed import keyed_generator

BLUR, NOISE = dict(type='GaussianBlur', sigma=2.0, kernel_size=21), dict(type='GaussianNoise', sigma=0.001 ** 0.5)
MODELS = sorted(model_zoo.list_models())


def luma(image):
    channels = torch.from_numpy(np.atleast_3d(image).astype(np.float64) / 255).permute(2, 0, 1)
    return split_luma_chroma(channels)[0][0].numpy()


def psnr(x, y):
    return -10 * math.log10(np.square(x - y).mean())


def degrade(image, stages, key):
    channels = torch.from_numpy(np.atleast_3d(image).astype(np.float64) / 255).permute(2, 0, 1)[None]
    degradation, generator = Degradation(stages), keyed_generator('shipped', key)
    result = degradation.degrade(channels, degradation.sample_params(generator), generator)[0]
    return (255 * result.clamp(0, 1)).round().byte().permute(1, 2, 0).squeeze(-1).numpy()


def test_there_is_a_model_of_each_task():
    assert {'ivf', 'mif'} <= set(MODELS)


@pytest.mark.parametrize('name', MODELS)
def test_file_is_whole_and_small(name):
    model = model_zoo.list_models()[name]
    assert model_zoo.verify(name) == {name: 'ok'} and model.weights.stat().st_size <= 6 * 2**20
    assert model.config.is_file() and model.modalities == model_zoo.TASKS[model.task]


@pytest.mark.parametrize('name', MODELS)
@pytest.mark.parametrize('preset', ['noise', 'blur', 'composite'])
def test_restores_generated_pairs(name, preset):
    """A small network on pictures of another kind than it was trained on, sharp to the pixel: far from its limit."""
    inferencer = FusionInferencer(name)
    pairs = EmbeddedPairs(inferencer.task, 'test', 1, (96, 128))
    clean = pairs.render(pairs.stems[0])
    stages = dict(noise=[dict(NOISE, sigma=0.003 ** 0.5)], blur=[BLUR], composite=[BLUR, NOISE])[preset]
    observed = [degrade(image, stages, f'{preset}{i}') for i, image in enumerate(clean.values())]
    result = inferencer(*observed, degradation=preset)
    gains = {modality: float(psnr(result.luminance[modality], luma(image)) - psnr(luma(y), luma(image)))
             for (modality, image), y in zip(clean.items(), observed, strict=True)}
    assert sum(gains.values()) / 2 > 0.8 and min(gains.values()) > -0.5, gains
    assert 0.1 < result.weights[0].mean() < 0.9


@pytest.mark.parametrize('name', MODELS)
@pytest.mark.parametrize('sigma', [0.2, 0.3, 0.5])
def test_very_strong_noise_leaves_a_picture(name, sigma):
    """Far beyond the training: no patterns of the network but the scene, well above what it gets."""
    inferencer = FusionInferencer(name)
    least = 1.2 if inferencer.task == 'mif' else 3  # noise clipped at 0 lifts a black background for good
    pairs = EmbeddedPairs(inferencer.task, 'test', 1, (96, 128))
    clean = pairs.render(pairs.stems[0])
    stages = [dict(NOISE, sigma=sigma)]
    observed = [degrade(image, stages, f'{sigma}{i}') for i, image in enumerate(clean.values())]
    with pytest.warns(UserWarning, match='more than models are trained on'):
        result = inferencer(*observed, degradation=dict(a=stages, b=stages))
    for (modality, image), y in zip(clean.items(), observed, strict=True):
        gain = psnr(result.luminance[modality], luma(image)) - psnr(luma(y), luma(image))
        assert gain > least, f'{modality}: {gain:.2f} dB'


@pytest.mark.parametrize('name', MODELS)
def test_a_sharp_pair_that_is_called_blurred_leaves_finite_pictures(name):
    """Inverting a blur that is not there amplifies noise a hundredfold, which no training showed."""
    inferencer = FusionInferencer(name)
    pairs = EmbeddedPairs(inferencer.task, 'test', 1, (96, 128))
    clean = pairs.render(pairs.stems[0])
    sharp = [degrade(image, [dict(NOISE, sigma=0.05)], f'sharp{i}') for i, image in enumerate(clean.values())]
    result = inferencer(*sharp, degradation='blur')
    assert all(np.isfinite(x).all() for x in (*result.luminance.values(), result.weights))
    doubts = [text for text in result.report['warnings'] if 'does not look as if it was degraded by Gaussian' in text]
    assert len(doubts) == len(sharp)
