"""What each A^+ is, against dense matrices: levels are honest, errata E3-E5 are reproduced."""

import pytest
import torch

from drfuse.degradations import AveragePool, Compose, GaussianBlur
from drfuse.utils.seed import keyed_generator

from .operators import CONFIGS, build, dense

SHAPE = (8, 9)


def penrose_defects(A: torch.Tensor, P: torch.Tensor) -> list[float]:
    """Relative defects of the four Penrose conditions."""
    AP, PA = A @ P, P @ A
    return [
        float((A @ PA - A).norm() / A.norm()),
        float((P @ AP - P).norm() / P.norm()),
        float((AP - AP.T).norm() / AP.norm()),
        float((PA - PA.T).norm() / PA.norm()),
    ]


def matrices(operator):
    A = operator.bind(operator.sample_params(keyed_generator(3)), SHAPE)
    h, w = A.observation_shape
    basis = torch.eye(h * w, dtype=torch.float64).view(-1, 1, h, w)
    P = torch.cat([A.pinv(unit[None]).reshape(1, -1) for unit in basis]).T
    return dense(A, SHAPE), P


@pytest.mark.parametrize('name', [n for n in CONFIGS if build(n).pinv_level == 'moore_penrose'])
def test_moore_penrose_operators_equal_the_dense_pseudoinverse(name):
    A, P = matrices(build(name))
    torch.testing.assert_close(P, torch.linalg.pinv(A, rtol=1e-9), rtol=0, atol=1e-7)


def test_exact_factors_behind_an_invertible_one_give_a_reflexive_inverse():
    blur = dict(type='GaussianBlur', sigma=0.6, boundary='circular', pinv_solver=dict(type='SpectralPinv'))
    operator = Compose([blur, dict(type='AveragePool', factor=2)])
    assert operator.pinv_level == 'approximate'  # a blur is not declared invertible for every kernel
    defects = penrose_defects(*matrices(operator))
    assert max(defects[:3]) < 1e-10
    assert defects[3] > 1e-2  # condition 4 fails (errata E4)


def test_explicit_solver_of_a_composition_is_moore_penrose():
    parts = [dict(type='GaussianBlur', sigma=0.6, boundary='circular'), dict(type='AveragePool', factor=2)]
    operator = Compose(parts, pinv_solver=dict(type='CGPinv', max_iter=500, tol=1e-13))
    assert operator.pinv_level == 'iterative'
    A, P = matrices(operator)
    torch.testing.assert_close(P, torch.linalg.pinv(A), rtol=0, atol=1e-8)


@pytest.mark.parametrize(('gamma', 'low', 'high'), [(1e-2, 5e-3, 2e-1), (1e-4, 1e-5, 5e-3), (1e-9, 0, 1e-6)])
def test_wiener_approaches_the_inverse_as_gamma_vanishes(gamma, low, high):
    operator = GaussianBlur(0.6, boundary='circular', pinv_solver=dict(type='WienerPinv', gamma=gamma))
    assert operator.pinv_level == 'approximate'
    assert low <= penrose_defects(*matrices(operator))[0] <= high  # errata E5


def test_reverse_order_law_fails_in_general():
    operator = Compose(
        [AveragePool(2), dict(type='RandomMask', keep=0.5, seed=1), dict(type='BicubicDownsample', factor=2)]
    )
    assert operator.pinv_level == 'approximate'
    assert max(penrose_defects(*matrices(operator))) > 1e-2  # errata E4
