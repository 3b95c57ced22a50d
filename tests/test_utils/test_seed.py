"""Randomness by name."""

import pytest
import torch

from drfuse.utils.seed import keyed_generator, uniform


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
