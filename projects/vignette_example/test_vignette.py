"""Tests of an operator outside drfuse: the contract, the physics, and twenty iterations of training."""

import math
import sys
from pathlib import Path

import pytest
import torch
from vignette import Vignette

from drfuse.engine.train_app import main
from drfuse.testing import check_operator, random_image

HERE = Path(__file__).resolve().parent


@pytest.mark.parametrize('shape', [(16, 15), (9, 20)])
@pytest.mark.parametrize('half_view', [0.0, 35.0, (20.0, 60.0)])
def test_contract(half_view, shape):
    check_operator(Vignette(half_view), image_shape=shape)


def test_corner_follows_the_cosine_fourth_law():
    operator = Vignette(60.0)
    falloff = operator.falloff(operator.sample_params(None), (17, 31))[0, 0]
    assert float(falloff[0, 0]) == pytest.approx(math.cos(math.radians(60)) ** 4)
    assert float(falloff[8, 15]) == 1
    assert torch.equal(falloff, falloff.flip(0)) and torch.equal(falloff, falloff.flip(1))


def test_noise_is_dimmed_like_the_image():
    operator = Vignette(45.0).bind(Vignette(45.0).sample_params(None), (8, 8))
    samples = operator.forward(torch.randn(20000, 1, 8, 8, generator=torch.Generator().manual_seed(0)))
    expected = operator.noise_variance(torch.ones(1, 1, 1, 1))
    torch.testing.assert_close(samples.var(0, keepdim=True), expected, rtol=0.06, atol=0)


@pytest.mark.parametrize('half_view', [-1.0, 81.0, (20.0, 90.0)])
def test_impossible_lens(half_view):
    with pytest.raises(ValueError, match=r'half_view must be in \[0, 80\] degrees, got'):
        Vignette(half_view)


def test_brightness_never_grows():
    operator, image = Vignette(40.0), random_image(1, 3, 12, 10)
    assert bool((operator.forward(image, operator.sample_params(None)) <= image).all())


def test_trains_twenty_iterations(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))
    assert main([str(HERE / 'vignette_config.py'), '--work-dir', str(tmp_path)]) == 0
    assert 'vignette' in sys.modules
    checkpoint = torch.load(tmp_path / 'iter_20.pth', weights_only=True)
    assert checkpoint['meta']['iter'] == 20
    assert all(bool(value.isfinite().all()) for value in checkpoint['state_dict'].values())
