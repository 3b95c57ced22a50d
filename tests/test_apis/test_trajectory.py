"""The steps of a pair, recorded in a run of its own."""

import numpy as np
import pytest
import torch

from drfuse import FusionInferencer
from drfuse.apis.trajectory import middle, record_trajectory
from drfuse.degradations.window import Window


@pytest.fixture(scope='module')
def ivf(zoo):
    return FusionInferencer('ivf', device='cpu', folder=zoo)


def test_last_step_is_the_result(ivf, scene):
    result = ivf(scene['ir'], scene['vis'], 'composite', return_trajectory=True)
    steps, window = result.trajectory.steps, result.trajectory.window
    assert [step.t for step in steps] == list(ivf.model.sampler.schedule.timesteps)
    assert window == Window.whole(scene['ir'].shape)
    last = [x.clamp(0, 1).numpy() for x in steps[-1].x0[0]]
    for image, name in zip(last, ('ir', 'vis', 'fused'), strict=True):
        np.testing.assert_allclose(image, result.luminance[name], atol=1e-5)
    np.testing.assert_allclose(steps[-1].weights[0].numpy(), result.weights, atol=1e-5)


def test_only_if_asked_for(ivf, scene):
    assert ivf(scene['ir'], scene['vis'], 'noise').trajectory is None


def test_observed_pictures_are_kept(ivf, scene):
    result = ivf(scene['ir'][::2, ::2], scene['vis'], 'noise')
    np.testing.assert_array_equal(result.observed_pictures['ir'].pixels, scene['ir'][::2, ::2])
    np.testing.assert_array_equal(result.observed_pictures['vis'].pixels, scene['vis'])


def test_middle_of_a_large_picture(ivf, scene):
    from drfuse.apis.degradation_spec import parse_degradation
    from drfuse.apis.pairs import match_sources
    (pair,) = match_sources(scene['ir'][::2, ::2], scene['vis']).pairs
    prepared = ivf.preprocess(pair, parse_degradation('composite', ivf.modalities))
    with torch.no_grad():
        found = record_trajectory(ivf.model, prepared.inputs, largest=1600)
    assert found.window.shape[0] * found.window.shape[1] <= 1600
    assert found.steps[0].x0.shape[-2:] == found.window.shape and found.window.top > 0


def test_models_without_steps_have_none(ivf):
    assert record_trajectory(torch.nn.Identity(), {}) is None


@pytest.mark.parametrize(('shape', 'largest', 'multiple'), [((48, 64), 1000, 4), ((301, 17), 1000, 8),
                                                            ((6000, 8000), 1 << 20, 32)])
def test_window_is_inside_and_on_multiples(shape, largest, multiple):
    window = middle(shape, largest, multiple)
    for low, high, size in ((*window[:2], shape[0]), (*window[2:], shape[1])):
        assert 0 <= low < high <= size and low % multiple == 0 and (high % multiple == 0 or high == size)
    assert window.shape[0] * window.shape[1] <= max(largest, multiple * max(window.shape))
