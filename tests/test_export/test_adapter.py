"""From observations to inputs of a graph, or a line that says why not."""

import numpy as np
import pytest
import torch

from drfuse.degradations import Degradation, Observation
from drfuse.export.adapter import graph_inputs
from drfuse.export.unrolled import INPUTS
from drfuse.utils.config import UserError

from .support import BLUR, NOISE, POOL


def observed(stages, shape=(32, 32), solver=None):
    return Degradation(stages, solver).observe(torch.rand(1, 1, *shape), torch.Generator().manual_seed(0))[0]


def test_inputs_have_one_size_whatever_the_factor():
    values = graph_inputs(dict(ir=observed([BLUR, NOISE, POOL, POOL]), vis=observed([])))
    assert tuple(values) == INPUTS and all(isinstance(v, np.ndarray) for v in values.values())
    assert values['a'].shape == values['b'].shape == (1, 1, 32, 32) and values['a'].dtype == np.float32
    assert values['factor_a'] == 4 and values['factor_b'] == 1 and values['factor_a'].shape == ()
    assert values['kernel_a'].shape == (9, 9) and values['kernel_b'].tolist() == [[1.0]]
    np.testing.assert_allclose(values['sigma_a'], np.full((1, 1, 32, 32), 0.03 / 4), rtol=1e-6)
    assert (values['a'][0, 0, :4, :4] == values['a'][0, 0, 0, 0]).all()


def test_smaller_cells_at_the_border_are_noisier():
    sigma = graph_inputs(dict(ir=observed([NOISE, POOL], (33, 35)), vis=observed([], (33, 35))))['sigma_a'][0, 0]
    np.testing.assert_allclose(sigma[:-1, :-1], 0.015, rtol=1e-6)
    np.testing.assert_allclose(sigma[-1, -1], 0.03, rtol=1e-6)


@pytest.mark.parametrize(('stages', 'shape', 'message'), [
    ([dict(BLUR, boundary='zero')], (32, 32), 'ir has a blur with the boundary zero'),
    ([dict(type='BicubicDownsample', factor=2)], (32, 32), 'ir has BicubicDownsample'),
    ([POOL, BLUR], (32, 32), 'ir has AveragePool and GaussianBlur'),
    ([BLUR, BLUR], (32, 32), 'ir has GaussianBlur and GaussianBlur'),
    ([dict(BLUR, pinv_solver=dict(type='CGPinv'))], (32, 32), 'ir has a blur with another solver'),
    ([dict(type='AveragePool', factor=3)], (33, 33), 'ir has the factor 3'),
    ([POOL, POOL], (33, 32), 'cells that are left out or cut'),
    ([dict(POOL, border='drop')], (33, 32), 'cells that are left out or cut')])
def test_refuses_in_one_line_what_graphs_do_not_take(stages, shape, message):
    with pytest.raises(UserError, match=message) as error:
        graph_inputs(dict(ir=observed(stages, shape), vis=observed([], shape)))
    assert 'an exported model takes one blur' in str(error.value) and '\n' not in str(error.value)


def test_refuses_a_solver_for_the_whole_and_takes_noise_that_varies():
    with pytest.raises(UserError, match='ir has the solver CGPinv'):
        graph_inputs(dict(ir=observed([BLUR, POOL], solver=dict(type='CGPinv')), vis=observed([])))
    plain = observed([])
    varying = Observation(plain.y, plain.A, torch.rand(1, 1, 32, 32))
    np.testing.assert_array_equal(graph_inputs(dict(ir=plain, vis=varying))['sigma_b'], varying.sigma.numpy())
