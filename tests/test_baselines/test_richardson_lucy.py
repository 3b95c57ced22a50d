import numpy as np
import pytest
import torch
from skimage.restoration import richardson_lucy

from drfuse.baselines import Bicubic, RichardsonLucy
from drfuse.degradations import Degradation

BLUR = dict(type='GaussianBlur', sigma=1.2, kernel_size=9)


def test_agrees_with_scikit_image_away_from_the_border(scene):
    stages = Degradation([dict(BLUR, boundary='zero')])
    observation, _ = stages.observe(scene[:1], torch.Generator())
    ours = RichardsonLucy(15)(observation)[0, 0].numpy()
    operator = observation.A.operator
    kernel = operator.typed_kernel(observation.A.params, observation.y)[0].numpy()
    # scikit-image starts at 0.5 and has no A^T 1: after some iterations the centre agrees
    theirs = richardson_lucy(observation.y[0, 0].numpy(), kernel, num_iter=15)
    inside = (slice(8, -8), slice(8, -8))
    assert np.abs(ours - theirs)[inside].mean() < 0.01


def test_low_resolution_gets_better(observe, error):
    observation = observe(BLUR, dict(type='AveragePool', factor=2))
    assert error(RichardsonLucy(10)(observation)) < 0.8 * error(Bicubic()(observation))


def test_unseen_pixels_keep_their_start(observe):
    observation = observe(dict(type='AveragePool', factor=2, border='drop'))
    assert torch.isfinite(RichardsonLucy(5)(observation)).all()


def test_iterations_are_checked():
    with pytest.raises(ValueError, match='RichardsonLucy needs iterations >= 1, got 0'):
        RichardsonLucy(0)
