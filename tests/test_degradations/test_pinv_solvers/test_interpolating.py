"""Cells of low resolution enlarged smoothly."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from drfuse.datasets.synthetic import draw_road_scene
from drfuse.degradations import AveragePool, Degradation, GaussianBlur, smooth_cells
from drfuse.degradations.pinv_solvers.interpolating import InterpolatingPinv, interpolate_cells
from drfuse.diffusion import FusionDDIMSampler
from drfuse.registry import PINV_SOLVERS
from drfuse.utils.enlarge import enlarge


def bound(factor, shape, **solver):
    return AveragePool(factor, pinv_solver=dict(type='InterpolatingPinv', **solver)).bind({}, shape)


def test_registered():
    assert PINV_SOLVERS.get('InterpolatingPinv') is InterpolatingPinv


@pytest.mark.parametrize('factor', [2, 3, 4, 5])
def test_a_ramp_stays_a_ramp(factor):
    rows, columns = torch.meshgrid(torch.arange(60.0), torch.arange(61.0), indexing='ij')
    ramp = (0.003 * rows + 0.005 * columns + 0.1)[None, None].double()
    A = bound(factor, (60, 61))
    inside = slice(3 * factor, -4 * factor)
    found = A.pinv(A.forward(ramp))[..., inside, inside]
    torch.testing.assert_close(found, ramp[..., inside, inside], rtol=0, atol=3e-4)
    flat = torch.full((1, 1, 60, 61), 0.3)
    torch.testing.assert_close(A.pinv(A.forward(flat)), flat)


@pytest.mark.parametrize('factor', [2, 3, 4])
def test_means_come_near_those_of_y(factor):
    y = torch.rand(1, 1, 20, 20, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    operators = [bound(factor, (20 * factor - 1, 20 * factor), refinements=n) for n in (0, 1, 3, 10, 40)]
    gaps = [float((A.forward(A.pinv(y)) - y).abs().max()) for A in operators]
    assert gaps == sorted(gaps, reverse=True) and gaps[2] < 0.4 * gaps[0] and gaps[4] < 1e-3


@given(st.integers(2, 6), st.integers(9, 40), st.integers(9, 40), st.integers(0, 9))
def test_linear_and_as_large_as_the_image(factor, height, width, seed):
    A = bound(factor, (height, width))
    generator = torch.Generator().manual_seed(seed)
    a, b = (torch.rand(2, 1, *A.observation_shape, generator=generator, dtype=torch.float64) for _ in range(2))
    assert A.pinv(a).shape == (2, 1, height, width)
    torch.testing.assert_close(A.pinv(2 * a - b), 2 * A.pinv(a) - A.pinv(b))


def test_without_refinement_it_is_bicubic():
    y = torch.rand(1, 1, 10, 12)
    found = bound(3, (30, 36), refinements=0).pinv(y)
    expected = enlarge(y, (30, 36), 'bicubic', antialias=True)
    torch.testing.assert_close(found[..., 6:-6, 6:-6], expected[..., 6:-6, 6:-6], rtol=0, atol=1e-5)


def test_nearer_to_a_picture_than_blocks():
    clean = torch.from_numpy(draw_road_scene((120, 160), np.random.default_rng(0))['ir']).float()[None, None] / 255
    for factor in (2, 3, 4):
        A = AveragePool(factor).bind({}, (120, 160))
        y = A.forward(clean)
        errors = [float((B.pinv(y) - clean).square().mean()) for B in (A, bound(factor, (120, 160)))]
        assert errors[1] < errors[0]


def test_mistakes():
    with pytest.raises(ValueError, match='refinements >= 0, got -1'):
        InterpolatingPinv(-1)
    for operator in (AveragePool(2, border='drop'), GaussianBlur(1.0)):
        with pytest.raises(TypeError, match="needs AveragePool with border='partial'"):
            InterpolatingPinv().level(operator)


def observe(*stages):
    return Degradation(list(stages)).observe(torch.rand(1, 1, 24, 24), torch.Generator().manual_seed(0))[0]


def test_only_cells_alone_are_smoothed():
    cells = observe(dict(type='AveragePool', factor=3))
    smooth = smooth_cells(cells)
    assert isinstance(smooth.A.operator.pinv_solver, InterpolatingPinv)
    torch.testing.assert_close(smooth.A.forward(cells.A.pinv(cells.y)), cells.y)
    assert smooth_cells(smooth) is smooth
    for stages in ([], [dict(type='GaussianBlur', sigma=1.0), dict(type='AveragePool', factor=2)],
                   [dict(type='AveragePool', factor=2, border='drop')], [dict(type='AveragePool', factor=1)]):
        other = observe(*stages)
        assert smooth_cells(other) is other


def test_the_sampler_starts_from_it():
    starts = []

    def denoiser(x, t, cond):
        starts.append(x[:, :1])
        return torch.zeros_like(x), torch.zeros_like(x[:, :1]), None

    denoiser.uses_condition = False
    cells = observe(dict(type='AveragePool', factor=3))
    for smooth in (False, True):
        sampler = FusionDDIMSampler(1, smooth_cells=smooth, init='pinv', correction_scale=None)
        sampler(denoiser, [cells, cells])
    scale = starts[0].abs().max() / cells.A.pinv(cells.y).abs().max()
    torch.testing.assert_close(starts[0], scale * cells.A.pinv(cells.y))
    torch.testing.assert_close(starts[1], scale * smooth_cells(cells).A.pinv(cells.y))


def test_its_reach_is_a_few_cells():
    A = smooth_cells(observe(dict(type='AveragePool', factor=2))).A
    large = replace(A, image_shape=(256, 256))
    assert 2 <= large.pinv_reach() <= 40


def test_a_factor_that_is_a_tensor():
    z = torch.rand(12, 15).repeat_interleave(2, 0).repeat_interleave(2, 1)
    same = interpolate_cells(z, torch.tensor(1), lambda x: x)
    torch.testing.assert_close(same, z)
