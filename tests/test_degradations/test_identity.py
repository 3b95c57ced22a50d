"""A = I in every respect."""

import torch

from drfuse.degradations import Identity


def test_identity_changes_nothing():
    A = Identity().bind({}, (4, 5))
    x = torch.rand(1, 1, 4, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(A.forward(x), x)
    assert torch.equal(A.adjoint(x), x)
    assert torch.equal(A.pinv(x), x)
    assert Identity.invertible
