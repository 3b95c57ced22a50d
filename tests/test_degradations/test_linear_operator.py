"""Every registered operator fulfils the contract; adjoints hold for random compositions too."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from drfuse.degradations import Degradation, Identity, LinearOperator, NoiseModel, OneOf, Quantiser, Stage
from drfuse.degradations.linear_operator import BoundOperator
from drfuse.registry import DEGRADATIONS
from drfuse.testing import check_operator
from drfuse.utils.seed import keyed_generator

from .operators import ATOMS, CONFIGS, build, compose


def test_every_registered_operator_has_a_config_here():
    Degradation()  # imports the package, hence registers
    linear = {
        name
        for name, cls in DEGRADATIONS.module_dict.items()
        if issubclass(cls, LinearOperator) and cls.__module__.startswith('drfuse.')
    }
    covered = {type(build(name)).__name__ for name in CONFIGS}
    assert linear - covered == {'Mask'}  # has a size of its own: test_mask.py


def test_every_stage_is_an_operator_a_noise_or_a_quantiser():
    for cls in DEGRADATIONS.module_dict.values():
        assert issubclass(cls, Stage)
        assert issubclass(cls, LinearOperator | NoiseModel | Quantiser | OneOf) or cls.__name__ == 'Clip'


@pytest.mark.parametrize('name', CONFIGS)
def test_contract(name):
    check_operator(build(name), image_shape=(16, 15))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    names=st.lists(st.sampled_from(ATOMS), min_size=1, max_size=4),
    height=st.integers(9, 20),
    width=st.integers(9, 20),
    seed=st.integers(0, 10**6),
)
def test_adjoint_of_random_compositions(names, height, width, seed):
    operator = compose(names)
    try:
        operator.output_shape((height, width))
    except ValueError:  # border='drop' may leave nothing behind other factors
        return
    generator = keyed_generator(seed)
    A = BoundOperator.stack([operator.bind(operator.sample_params(generator), (height, width)) for _ in range(2)])
    x = torch.randn(2, 2, height, width, generator=generator, dtype=torch.float64)
    y = torch.randn(2, 2, *A.observation_shape, generator=generator, dtype=torch.float64)
    Ax, Aty = A.forward(x), A.adjoint(y)
    left, right = (Ax * y).sum(), (x * Aty).sum()
    assert abs(left - right) <= 1e-10 * max(Ax.norm() * y.norm(), x.norm() * Aty.norm())


@pytest.mark.parametrize('name', ATOMS)
def test_default_adjoint_agrees_with_the_closed_form(name):
    operator = build(name)
    params = operator.sample_params(keyed_generator(name))
    A = operator.bind(params, (13, 18))
    y = torch.randn(1, 1, *A.observation_shape, generator=keyed_generator(1), dtype=torch.float64)
    by_differentiation = LinearOperator.adjoint(operator, y, params, (13, 18))
    torch.testing.assert_close(A.adjoint(y), by_differentiation, rtol=0, atol=1e-12)


@pytest.mark.parametrize('name', [n for n in CONFIGS if n != 'conjugate_gradient'])
def test_noise_variance_is_that_of_many_draws(name):
    operator = build(name)
    A = operator.bind(operator.sample_params(keyed_generator(name)), (16, 21))
    variance = A.noise_variance(torch.full((1, 1, 1, 1), 0.04, dtype=torch.float64))
    noise = 0.2 * torch.randn(4000, 1, 16, 21, generator=keyed_generator('noise'), dtype=torch.float64)
    measured = A.forward(noise).var(0, keepdim=True)
    inner = (..., slice(3, -3), slice(3, -3)) if min(measured.shape[-2:]) > 8 else (...,)
    expected = variance.expand_as(measured)[inner].mean()
    assert abs(measured[inner].mean() / expected - 1) < 0.12


def test_batching_different_operators_is_refused():
    with pytest.raises(ValueError, match='cannot batch'):
        BoundOperator.stack([Identity().bind({}, (8, 8)), Identity().bind({}, (8, 9))])


def test_noise_gain_of_simple_inverses_is_one():
    for name in ('identity', 'pool2', 'pool3'):
        gain = build(name).bind({}, (16, 18)).pinv_noise_gain()
        torch.testing.assert_close(gain, torch.ones(1))


class MirrorSum(LinearOperator):
    """Writes forward only."""

    def sample_params(self, generator):
        return dict(gain=torch.tensor([1.2]))

    def forward(self, x, params):
        return params['gain'].view(-1, 1, 1, 1) * x + 0.3 * x.flip(-1)


def test_default_adjoint_and_pinv_work_in_inference_mode():
    operator = MirrorSum()
    y = torch.rand(1, 1, 8, 8, generator=keyed_generator(0))
    A = operator.bind(operator.sample_params(None), (8, 8))
    expected = A.adjoint(y), A.pinv(y)
    with torch.inference_mode():
        same = operator.bind(operator.sample_params(None), (8, 8))
        results = same.adjoint(y.clone()), same.pinv(y.clone())
        torch.testing.assert_close(results, expected)
        assert not results[0].requires_grad
