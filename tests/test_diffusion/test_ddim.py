"""The reverse step undoes the forward mixture."""

import torch

from drfuse.diffusion import ddim_step, predict_x0
from drfuse.diffusion.ddim import implied_noise
from drfuse.utils.seed import keyed_generator

F64 = dict(dtype=torch.float64)


def test_x0_is_recovered_from_the_true_noise():
    x0, eps = (torch.randn(2, 3, 4, 4, generator=keyed_generator(i), **F64) for i in range(2))
    abar = torch.tensor(0.3, **F64)
    x_t = abar.sqrt() * x0 + (1 - abar).sqrt() * eps  # the forward mixture, Eq. 2 as meant (errata E2)
    torch.testing.assert_close(predict_x0(x_t, eps, abar), x0)
    torch.testing.assert_close(implied_noise(x_t, x0, abar), eps)
    previous = torch.tensor(0.7, **F64)
    torch.testing.assert_close(ddim_step(x0, eps, previous), previous.sqrt() * x0 + (1 - previous).sqrt() * eps)


def test_last_step_returns_x0_without_the_noise():
    x0, eps = torch.ones(1, 1, 2, 2), torch.full((1, 1, 2, 2), torch.inf)
    assert torch.equal(ddim_step(x0, eps, torch.tensor(1.0)), x0)
