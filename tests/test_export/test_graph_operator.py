"""Operators of a graph: cells of any factor, kinds of kernels."""

import pytest
import torch

from drfuse.degradations.downsample import AveragePool
from drfuse.degradations.kernels import gaussian_kernel, motion_kernel
from drfuse.export.graph_operator import FACTORS, cell_means, is_sharp, is_symmetric


@pytest.mark.parametrize('factor', FACTORS)
@pytest.mark.parametrize('shape', [(32, 48), (33, 45), (17, 31)])
def test_cell_means_are_those_of_pooling(factor, shape):
    torch.manual_seed(0)
    x, pool = torch.rand(1, 1, *shape), AveragePool(factor)
    expected = pool.pinv(pool.forward(x, {}), {}, shape)[0, 0]
    torch.testing.assert_close(cell_means(x[0, 0], torch.tensor(factor)), expected)


def test_kinds_of_kernels():
    gaussian, motion = gaussian_kernel(torch.tensor([1.0]), 5)[0], motion_kernel(torch.tensor([5.0]), torch.tensor(
        [30.0]), 7)[0]
    assert is_symmetric(gaussian) and not is_symmetric(motion)
    assert not is_symmetric(torch.ones(4, 5)) and is_symmetric(torch.ones(1, 1))
    assert is_sharp(torch.ones(1, 1)) and not is_sharp(gaussian)
    assert is_sharp(gaussian_kernel(torch.tensor([0.0]), 5)[0])
