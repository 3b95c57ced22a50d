"""Chroma: exact where nothing was lost, cleaner where noise was added."""

import pytest
import torch

from drfuse.datasets.embedded import EmbeddedPairs
from drfuse.datasets.image_io import to_tensor
from drfuse.degradations import Degradation
from drfuse.models.chroma import colourise, restore_chroma
from drfuse.structures import split_luma_chroma
from drfuse.utils.seed import keyed_generator

NOISE, BLUR = dict(type='GaussianNoise', sigma=0.003**0.5), dict(type='GaussianBlur', sigma=2.0, kernel_size=21)


@pytest.fixture(scope='module')
def image():
    pairs = EmbeddedPairs(task='ivf', split='test', num=1, size=(96, 128))
    return to_tensor(pairs.render(pairs.stems[0])['vis'])


def restore(image, stages):
    """Return RGB errors (RMS) with observed and with restored chroma, and both chromas."""
    luma, clean = split_luma_chroma(image)
    observation, chroma = Degradation(stages).observe(image[None], keyed_generator('chroma'))
    restored = restore_chroma(chroma, luma[None], observation)[0]
    before, after = (float((colourise(luma, c) - image).square().mean().sqrt()) for c in (chroma[0], restored))
    return before, after, restored, clean


def test_clean_chroma_comes_back(image):
    _, _, restored, clean = restore(image, [])
    torch.testing.assert_close(restored, clean, rtol=0, atol=1e-5)


@pytest.mark.parametrize(('stages', 'gain'), [([NOISE], 2), ([BLUR, NOISE], 1.5)])
def test_noise_is_removed(image, stages, gain):
    before, after, *_ = restore(image, stages)
    assert after * gain < before


@pytest.mark.parametrize('stages', [[BLUR], [dict(type='AveragePool', factor=2)], [dict(type='AveragePool', factor=4)]])
def test_without_noise_colours_get_no_worse(image, stages):
    before, after, restored, clean = restore(image, stages)
    assert restored.shape == clean.shape and after < before + 1 / 255


def test_a_batch_equals_its_samples(image):
    luma, _ = split_luma_chroma(image)
    both = [Degradation([dict(type='GaussianNoise', sigma=sigma)]).observe(image[None], keyed_generator(str(sigma)))
            for sigma in (0.1, 0.02)]
    stacked = type(both[0][0]).stack([o for o, _ in both])
    batch = restore_chroma(torch.cat([c for _, c in both]), torch.stack([luma, luma]), stacked)
    for (observation, chroma), one in zip(both, batch, strict=True):
        torch.testing.assert_close(restore_chroma(chroma, luma[None], observation)[0], one)
