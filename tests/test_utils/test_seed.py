"""Randomness by name."""

import pytest
import torch

from drfuse.utils.seed import checked_range, keyed_generator, uniform


def test_same_key_same_stream_other_key_other_stream():
    draws = [
        torch.rand(4, generator=keyed_generator(*key)) for key in [(1, 'a'), (1, 'a'), (1, 'b'), (2, 'a'), ('1', 'a')]
    ]
    assert torch.equal(draws[0], draws[1])
    assert all(not torch.equal(draws[0], d) for d in draws[2:])


def test_uniform():
    values = torch.cat([uniform((2, 3), keyed_generator(i)) for i in range(200)])
    assert values.min() >= 2 and values.max() <= 3 and values.std() > 0.2
    assert uniform(4, None).item() == 4
    with pytest.raises(ValueError, match=r'sigma is drawn from \(0, 1\): pass a torch\.Generator'):
        uniform((0, 1), None, 'sigma')
    with pytest.raises(ValueError, match='low <= high, got'):
        uniform((1, 0), keyed_generator(0))


@pytest.mark.parametrize('value', [0, 1.5, (0, 1), [0.5, 0.5]])
def test_ranges_are_returned_as_given(value):
    assert checked_range(value, 'sigma') is value


@pytest.mark.parametrize('value', ['abc', '12', None, float('nan'), float('inf'), (1, 2, 3), (), (2, 1), (0, 'a')])
def test_values_that_are_no_range_are_named(value):
    with pytest.raises(ValueError, match='sigma must be .*got '):
        checked_range(value, 'sigma')


def test_ranges_have_a_lower_bound():
    with pytest.raises(ValueError, match='angle must be >= -90, got -91'):
        checked_range(-91, 'angle', -90)
