"""Alpha schedules: start values, bounds, gradients."""

import pytest
import torch

from drfuse.diffusion import AlphaSchedule


def test_learned_schedule_starts_like_the_release():
    schedule = AlphaSchedule(3)
    torch.testing.assert_close(schedule.alpha_bars(), torch.tensor([1, 0.5, 0.25, 0.125]))
    assert list(schedule.timesteps) == [3, 2, 1]
    assert [name for name, _ in schedule.named_parameters()] == ['raw']


@pytest.mark.parametrize('mode', ['fixed', 'linear', 'cosine'])
def test_fixed_schedules_fall_and_have_no_parameters(mode):
    schedule = AlphaSchedule(5, mode)
    bars = schedule.alpha_bars()
    assert bars[0] == 1
    assert bool((bars[1:] < bars[:-1]).all()) and bars[-1] > 0
    assert not list(schedule.parameters())
    assert 'raw' in schedule.state_dict()


def test_alpha_stays_in_bounds_however_far_it_is_trained():
    schedule = AlphaSchedule(3)
    with torch.no_grad():
        schedule.raw += torch.tensor([-30.0, 0.0, 30.0])
    bars = schedule.alpha_bars()
    assert bool((bars[1:] > 0).all()) and bool((bars[1:] < 1).all()) and bool((bars[1:] < bars[:-1]).all())


def test_given_values():
    torch.testing.assert_close(AlphaSchedule(2, 'fixed', [0.9, 0.5]).alpha_bars(), torch.tensor([1, 0.9, 0.45]))


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        (dict(num_steps=0), 'num_steps must be >= 1, got 0'),
        (dict(num_steps=2, mode='random'), "mode must be one of .*got 'random'"),
        (dict(num_steps=2, alpha=1.0), r'numbers in \(0, 1\), got 1.0'),
        (dict(num_steps=2, alpha=[0.5]), r'one or 2 numbers in \(0, 1\)'),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        AlphaSchedule(**kwargs)
