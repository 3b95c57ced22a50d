"""Missing pixels filled smoothly: a {1,2,3}-inverse of masks."""

import pytest
import torch

from drfuse.degradations import AveragePool, GaussianBlur, Identity, Mask, RandomMask
from drfuse.degradations.pinv_solvers.harmonic import HarmonicPinv, laplacian
from drfuse.testing import check_operator
from drfuse.utils.seed import keyed_generator

HARMONIC = dict(type='HarmonicPinv')


def bound(operator, shape=(12, 15)):
    return operator.bind(operator.sample_params(keyed_generator(3)), shape)


def test_fulfils_the_contract_of_a_reflexive_inverse():
    operator = RandomMask((0.3, 0.8), pinv_solver=HARMONIC)
    assert operator.pinv_level == 'reflexive'
    check_operator(operator, image_shape=(16, 15))


def test_keeps_what_is_known_and_is_harmonic_in_between():
    A = bound(RandomMask(0.4, pinv_solver=HARMONIC))
    y = A.forward(torch.rand(2, 1, 12, 15, generator=keyed_generator(1), dtype=torch.float64))
    x, kept = A.pinv(y), A.forward(torch.ones_like(y)) > 0
    assert torch.equal(x[kept], y[kept])
    assert laplacian(x)[~kept].abs().max() < 1e-10
    assert x[0].min() >= y[0][kept[0]].min() - 1e-10 and x[0].max() <= y[0][kept[0]].max() + 1e-10


def test_linear_ramps_come_back_from_their_border():
    mask = torch.zeros(9, 9)
    mask[0] = mask[-1] = 1
    mask[:, 0] = mask[:, -1] = 1
    ramp = (torch.arange(9.0)[:, None] * 2 + torch.arange(9.0) * 3).double()[None, None] / 50
    A = bound(Mask(mask.tolist(), pinv_solver=HARMONIC), (9, 9))
    torch.testing.assert_close(A.pinv(A.forward(ramp)), ramp, rtol=0, atol=1e-10)


def test_gradient_flows_to_y():
    A = bound(RandomMask(0.4, seed=5, pinv_solver=HARMONIC), (5, 6))
    y = torch.rand(1, 1, 5, 6, generator=keyed_generator(2), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(A.pinv, y)


def test_nothing_known_stays_black():
    A = bound(RandomMask(0.0, seed=1, pinv_solver=HARMONIC), (4, 4))
    assert torch.equal(A.pinv(torch.zeros(1, 1, 4, 4)), torch.zeros(1, 1, 4, 4))


def test_laplacian_is_that_of_the_differences():
    x = torch.rand(1, 1, 6, 7, generator=keyed_generator(4), dtype=torch.float64, requires_grad=True)
    energy = ((x[..., 1:, :] - x[..., :-1, :]).square().sum() + (x[..., 1:] - x[..., :-1]).square().sum()) / 2
    torch.testing.assert_close(laplacian(x), torch.autograd.grad(energy, x)[0])


def test_bad_use_is_named():
    for operator in (Identity, lambda pinv_solver: AveragePool(2, pinv_solver=pinv_solver),
                     lambda pinv_solver: GaussianBlur(1.0, pinv_solver=pinv_solver)):
        with pytest.raises(TypeError, match='HarmonicPinv needs a mask, got .*: use CGPinv'):
            operator(pinv_solver=HARMONIC)
    with pytest.raises(ValueError, match='max_iter >= 1 and tol > 0, got 0 and 1e-12'):
        HarmonicPinv(max_iter=0)
