"""The output carries no trajectory unless asked for, and weights only where there are some."""

import pytest
import torch

from drfuse.diffusion import FusionOutput


def test_trajectories_are_not_shared():
    a, b = (FusionOutput((torch.zeros(1),), torch.zeros(1), torch.zeros(1)) for _ in range(2))
    a.trajectory.append(1)
    assert b.trajectory == []


@pytest.mark.parametrize('count', [3, 2])
def test_a_function_of_every_image(count):
    images = [torch.full((1,), float(i)) for i in range(count + 2)]
    for weights in (images[-1], None):
        output = FusionOutput(tuple(images[:count]), images[count], weights).map(lambda image: image + 10)
        assert [float(image) for image in output.sources] == [10.0 + i for i in range(count)]
        assert float(output.fused) == 10 + count and len(output.images) == count + 1 + (weights is not None)
        assert output.weights is None if weights is None else float(output.weights) == 11 + count
