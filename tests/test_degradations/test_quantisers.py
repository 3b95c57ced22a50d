"""Quantisers put images on the grid of a file."""

import pytest
import torch

from drfuse.degradations import Clip, Floor, Round

IMAGE = torch.tensor([-0.2, 0.0, 99.9 / 255, 100 / 255 - 1e-13, 100.5 / 255, 1.0, 1.3], dtype=torch.float64).view(
    1, 1, 1, -1
)


@pytest.mark.parametrize(
    ('quantiser', 'levels'),
    [
        (Floor(), [0, 0, 99, 100, 100, 255, 255]),
        (Round(), [0, 0, 100, 100, 101, 255, 255]),
    ],
)
def test_levels(quantiser, levels):
    result = quantiser.degrade(IMAGE, {}, None)
    assert (result * 255).flatten().tolist() == pytest.approx(levels)


def test_bits_set_the_grid():
    assert (Floor(bits=2).degrade(IMAGE, {}, None) * 3).flatten().tolist() == pytest.approx([0, 0, 1, 1, 1, 3, 3])
    with pytest.raises(ValueError, match='Floor bits must be 1..16, got 0'):
        Floor(bits=0)


def test_clip_keeps_values_inside():
    assert Clip().degrade(IMAGE, {}, None).flatten().tolist() == [0, *IMAGE.flatten().tolist()[1:-1], 1]
