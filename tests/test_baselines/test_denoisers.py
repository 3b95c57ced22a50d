import sys

import pytest
import torch

from drfuse.baselines import Bicubic, LearnedDenoiser, NonLocalMeans

NOISE = dict(type='GaussianNoise', sigma=0.05)


def test_non_local_means_removes_noise(observe, error):
    observation = observe(NOISE)
    assert error(NonLocalMeans()(observation)) < 0.5 * error(Bicubic()(observation))


def test_without_noise_nothing_changes(observe):
    observation = observe()
    assert torch.equal(NonLocalMeans()(observation), observation.y)


def test_low_resolution_is_enlarged(composite, scene):
    assert NonLocalMeans()(composite).shape == scene.shape


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'skimage.restoration', None)
    with pytest.raises(ImportError, match='NonLocalMeans needs scikit-image .*: pip install scikit-image'):
        NonLocalMeans()


def test_strength_is_checked():
    with pytest.raises(ValueError, match='strength must be > 0, got 0'):
        NonLocalMeans(strength=0)


def test_learned_denoiser_gets_the_noise_level(observe, scene):
    restorer = LearnedDenoiser()
    restorer.attach(lambda image, sigma: image - sigma)
    observation = observe(NOISE)
    torch.testing.assert_close(restorer(observation), (observation.y - observation.sigma).clamp(0, 1))
    restorer.attach(lambda image, sigma: image * 0)
    assert torch.equal(restorer(observe()), scene)  # no noise: the network is not asked
