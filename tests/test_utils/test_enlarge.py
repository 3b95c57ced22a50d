"""Enlarged images lie where they were, whatever the size."""

import pytest
import torch

from drfuse.degradations import AveragePool
from drfuse.utils.enlarge import enlarge, whole_factor


@pytest.mark.parametrize(('small', 'full', 'factor'), [
    ((10, 15), (20, 30), 2), ((10, 15), (19, 29), 2), ((5, 7), (17, 25), 4), ((4, 6), (17, 25), 4), ((3, 3), (7, 8), 3),
    ((10, 10), (15, 15), None), ((10, 10), (20, 30), None), ((20, 30), (20, 30), 1), ((20, 30), (10, 15), None)])
def test_the_factor_of_cells(small, full, factor):
    assert whole_factor(small, full) == factor


@pytest.mark.parametrize('border', ['partial', 'drop'])
@pytest.mark.parametrize('shape', [(132, 200), (131, 199), (129, 197), (130, 198)])
def test_a_pooled_scene_comes_back_in_its_place(shape, border):
    rows, columns = torch.meshgrid(*(torch.arange(n, dtype=torch.float64) for n in shape), indexing='ij')
    x = (0.5 + 0.3 * torch.sin(rows / 9) * torch.cos(columns / 8))[None, None]
    pool = AveragePool(4, border)
    error = (enlarge(pool.forward(x, {}), shape) - x).abs()
    kept = error[..., 8:shape[0] - 8, 8:shape[1] - 8]  # cut cells are not centred where a whole one would be
    assert kept.max() < 0.01
    assert error.max() < 0.25


def test_a_known_factor_decides_where_sizes_fit_several():
    x = torch.arange(6.0).view(1, 1, 2, 3)  # 11 x 14 pixels: cells of 4, the last left out, or cells of 6
    assert whole_factor((2, 3), (11, 14)) == 6
    assert torch.equal(enlarge(x, (11, 14), 'nearest', factor=4)[..., :8, :12],
                       x.repeat_interleave(4, -2).repeat_interleave(4, -1))


def test_other_sizes_are_interpolated():
    x = torch.rand(1, 2, 10, 10, generator=torch.Generator().manual_seed(0))
    assert enlarge(x, (10, 10)) is x
    assert enlarge(x, (15, 23)).shape == (1, 2, 15, 23)
    assert enlarge(x, (20, 20), 'bilinear').shape == (1, 2, 20, 20)
