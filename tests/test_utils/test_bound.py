"""A clip whose gradient leads back inside."""

import torch

from drfuse.utils.bound import bound


def test_the_gradient_passes_inside_and_towards_the_inside():
    x = torch.tensor([-2.0, -2.0, 0.3, 0.3, 3.0, 3.0], requires_grad=True)
    y = bound(x, -1.0, 1.0)
    assert torch.equal(y, x.clamp(-1, 1))
    # descent subtracts the gradient: below the range a negative one leads back, above it a positive one
    y.backward(torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0, -1.0]))
    assert x.grad.tolist() == [0.0, -1.0, 1.0, -1.0, 1.0, 0.0]


def test_without_a_gradient_it_is_a_clip():
    x = torch.randn(3, 4) * 2
    assert bound(x, -1.0, 1.0).grad_fn is None and torch.equal(bound(x, -1.0, 1.0), x.clamp(-1, 1))
    with torch.no_grad():
        assert not bound(x.requires_grad_(), -1.0, 1.0).requires_grad


def test_what_left_the_range_learns_to_come_back():
    x = torch.tensor([5.0], requires_grad=True)
    for _ in range(60):
        (bound(x, 0.0, 1.0) - 0.25).square().sum().backward()
        x.data -= 0.1 * x.grad
        x.grad = None
    assert abs(x.item() - 0.25) < 0.01
