"""Conjugate gradients: solution, implicit gradients, constant memory, bad arguments."""

import pytest
import torch

from drfuse.degradations import AveragePool, CGPinv, Compose, DefocusBlur, GaussianBlur, KernelBlur
from drfuse.degradations.pinv_solvers import conjugate_gradient
from drfuse.utils.seed import keyed_generator

SOLVER = dict(type='CGPinv', max_iter=400, tol=1e-14)


def test_solves_a_symmetric_system_per_sample():
    root = torch.randn(6, 6, generator=keyed_generator(0), dtype=torch.float64)
    matrix = root @ root.T + torch.eye(6, dtype=torch.float64)
    b = torch.randn(3, 1, 6, 1, generator=keyed_generator(1), dtype=torch.float64) * torch.tensor(
        [1.0, 1e3, 0.0], dtype=torch.float64
    ).view(-1, 1, 1, 1)
    x = conjugate_gradient(lambda v: matrix @ v, b, max_iter=50, tol=1e-14)
    torch.testing.assert_close(matrix @ x, b, rtol=1e-10, atol=1e-10)


def test_gradient_in_y_is_that_of_the_dense_pseudoinverse():
    A = AveragePool(2, pinv_solver=SOLVER).bind({}, (6, 5))
    y = torch.randn(1, 1, 3, 3, generator=keyed_generator(2), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(A.pinv, y, eps=1e-5, atol=1e-6)


def test_gradient_in_the_kernel_is_that_of_finite_differences():
    operator = GaussianBlur(0.6, kernel_size=5, boundary='circular', pinv_solver=SOLVER)
    y = torch.randn(1, 1, 7, 6, generator=keyed_generator(3), dtype=torch.float64)

    def restored(sigma):
        return operator.bind(dict(sigma=sigma), (7, 6)).pinv(y)

    assert torch.autograd.gradcheck(
        restored, torch.tensor([0.6], dtype=torch.float64, requires_grad=True), eps=1e-5, atol=1e-4, rtol=1e-3
    )


def test_graph_does_not_grow_with_the_iterations():
    def nodes(iterations):
        operator = GaussianBlur(1.5, pinv_solver=dict(type='CGPinv', max_iter=iterations, tol=1e-16))
        y = torch.rand(1, 1, 24, 24, generator=keyed_generator(4), dtype=torch.float64, requires_grad=True)
        seen, queue = set(), [operator.bind(operator.sample_params(None), (24, 24)).pinv(y).grad_fn]
        while queue:
            node = queue.pop()
            if node is not None and node not in seen:
                seen.add(node)
                queue += [parent for parent, _ in node.next_functions]
        return len(seen)

    assert nodes(3) == nodes(60)


def test_damping_follows_the_noise():
    operator = GaussianBlur(1.0, boundary='circular', pinv_solver=dict(type='CGPinv', damping='auto'))
    assert operator.pinv_level == 'approximate'
    A = operator.bind(operator.sample_params(None), (16, 16))
    y = torch.rand(1, 1, 16, 16, generator=keyed_generator(5), dtype=torch.float64)
    clean, noisy = (A.with_noise(torch.tensor([s])).pinv(y) for s in (0.0, 0.2))
    assert clean.var() > 1.2 * noisy.var()


@pytest.mark.parametrize('bad', [dict(max_iter=0), dict(tol=0), dict(damping=-1), dict(damping='strong')])
def test_bad_arguments(bad):
    with pytest.raises(ValueError, match='CGPinv'):
        CGPinv(**bad)


def test_gradient_in_the_kernel_counts_the_part_that_A_does_not_see():
    operator = Compose([GaussianBlur(1.0, boundary='zero'), AveragePool(2)], pinv_solver=SOLVER)
    y = torch.rand(1, 1, 4, 4, generator=keyed_generator(6), dtype=torch.float64)

    def restored(sigma):
        return operator.bind({'0.sigma': sigma}, (8, 8)).pinv(y)

    assert torch.autograd.gradcheck(restored, torch.tensor([1.0], dtype=torch.float64, requires_grad=True))


def test_second_derivatives_are_refused():
    A = AveragePool(2, pinv_solver=SOLVER).bind({}, (4, 4))
    y = torch.rand(1, 1, 2, 2, generator=keyed_generator(7), dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(A.pinv(y).square().sum(), y, create_graph=True)
    with pytest.raises(RuntimeError, match='once_differentiable'):
        gradient.sum().backward()


@pytest.mark.parametrize('noise', [0.0, 0.02])
@pytest.mark.parametrize(
    'operator',
    [
        KernelBlur([[1, 1], [1, 1]], True, 'circular', dict(type='CGPinv', max_iter=2000)),
        Compose([GaussianBlur(1.5), AveragePool(2)], dict(type='CGPinv', max_iter=1000)),
        DefocusBlur(3.0, boundary='circular', pinv_solver=dict(type='CGPinv', max_iter=1000)),
    ],
)
def test_single_precision_does_not_diverge_on_a_singular_operator(operator, noise):
    A = operator.bind(operator.sample_params(None), (64, 64))
    y = A.forward(torch.rand(1, 1, 64, 64, generator=keyed_generator(8)))
    y = y + noise * torch.randn(y.shape, generator=keyed_generator(9))
    exact, single = A.pinv(y.double()), A.pinv(y)
    assert single.abs().max() < 1.5 * exact.abs().max()
    misfit = [float((A.forward(x) - y).norm() / y.norm()) for x in (exact.float(), single)]
    assert misfit[1] < misfit[0] + 1e-3
