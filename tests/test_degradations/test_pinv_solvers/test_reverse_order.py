"""Factors' pseudoinverses in reverse order."""

import pytest
import torch

from drfuse.degradations import AveragePool, Compose, Identity, RandomMask
from drfuse.utils.seed import keyed_generator


def test_order_is_reversed():
    operator = Compose([RandomMask(0.5, seed=1), AveragePool(2)])
    A = operator.bind(operator.sample_params(None), (6, 6))
    y = torch.rand(1, 1, 3, 3, generator=keyed_generator(0))
    pooled, masked = AveragePool(2).bind({}, (6, 6)), operator.parts(A.params, (6, 6))[0]
    assert torch.equal(A.pinv(y), masked.pinv(pooled.pinv(y)))


@pytest.mark.parametrize(
    ('factors', 'level'),
    [
        ([Identity(), AveragePool(2)], 'moore_penrose'),
        ([AveragePool(2)], 'moore_penrose'),
        ([], 'moore_penrose'),
        ([AveragePool(2), RandomMask(0.5)], 'approximate'),
    ],
)
def test_declared_level(factors, level):
    assert Compose(factors).pinv_level == level


def test_needs_a_composition():
    with pytest.raises(TypeError, match='ReverseOrderPinv needs a Compose, got Identity'):
        Identity(pinv_solver=dict(type='ReverseOrderPinv'))
