"""Fewer steps, weaker correction."""

import numpy as np
import pytest
import torch

from drfuse import FusionInferencer
from drfuse.demo.steering import LastSteps, steered, trained_steps
from drfuse.utils.config import UserError


@pytest.fixture(scope='module')
def ivf(zoo):
    return FusionInferencer('ivf', device='cpu', folder=zoo)


@pytest.fixture
def run(ivf, scene):
    return lambda: ivf(scene['ir'], scene['vis'], 'composite', return_trajectory=True)


def test_steps(ivf, run):
    whole = run()
    assert trained_steps(ivf.model) == 3
    for steps in (1, 2, 3):
        with steered(ivf.model, steps):
            found = run()
        assert [s.t for s in found.trajectory.steps] == list(range(steps, 0, -1))
        assert np.array_equal(found.luminance['fused'], whole.luminance['fused']) == (steps == 3)


def test_shorter_schedule_starts_at_its_own_noise(ivf):
    schedule = ivf.model.sampler.schedule
    torch.testing.assert_close(LastSteps(schedule, 2).alpha_bars(), schedule.alpha_bars()[:3])


def test_correction(ivf, run):
    whole = run().trajectory.steps
    with steered(ivf.model, correction=0.5):
        half = run().trajectory.steps
    with steered(ivf.model, correction=0):
        none = run().trajectory.steps
    for a, b, c in zip(whole, half, none, strict=True):
        np.testing.assert_allclose(b.scales[:2], np.array(a.scales[:2]) / 2, rtol=1e-5)
        assert c.scales[:2] == [0, 0] and a.scales[2] == b.scales[2] == c.scales[2]


def test_the_model_is_as_before_also_after_a_failure(ivf, run):
    before, sampler = run().luminance['fused'], ivf.model.sampler
    parts = sampler.schedule, sampler.correction_scale
    with pytest.raises(ZeroDivisionError), steered(ivf.model, 1, 0.2):
        raise ZeroDivisionError
    assert parts == (sampler.schedule, sampler.correction_scale)
    np.testing.assert_array_equal(run().luminance['fused'], before)


def test_the_shipped_model_takes_every_setting(scene):
    model = FusionInferencer('ivf', device='cpu')
    for steps in range(1, trained_steps(model.model) + 1):
        with steered(model.model, steps, 0.5):
            assert np.isfinite(model(scene['ir'], scene['vis'], 'composite').luminance['fused']).all()


@pytest.mark.parametrize(('arguments', 'message'), [
    (dict(steps=4), 'steps must be 1 to 3, those of the model, got 4'), (dict(steps=0), 'steps must be 1 to 3'),
    (dict(correction=1.5), 'correction must be in 0..1, got 1.5')])
def test_out_of_range(ivf, arguments, message):
    with pytest.raises(UserError, match=message), steered(ivf.model, **arguments):
        pass


def test_model_without_steps():
    model = torch.nn.Identity()
    assert trained_steps(model) == 0
    with steered(model):
        pass
