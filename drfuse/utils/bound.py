"""Values kept in a range, in a way that training can leave the bound again."""

from __future__ import annotations

from typing import Any

import torch

Limit = float | torch.Tensor


class _Bound(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, low: Limit, high: Limit) -> torch.Tensor:
        ctx.save_for_backward(x)
        ctx.range = low, high
        return x.clamp(low, high)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (x,), (low, high) = ctx.saved_tensors, ctx.range
        outward = ((x > high) & (grad < 0)) | ((x < low) & (grad > 0))
        return grad.masked_fill(outward, 0.0), None, None


def bound(x: torch.Tensor, low: Limit, high: Limit) -> torch.Tensor:
    """Clip to [low, high]; values outside still learn to come back.

    The gradient of a plain clip is 0 outside: a network that answers an input with values far beyond the range never
    learns not to. Here a gradient that leads inside passes, one that leads further outside does not.

    Args:
        x: Any shape.
        low: Lower bound, a number or a tensor that broadcasts to x and is not trained.
        high: Upper bound, alike.

    Returns:
        As ``x.clamp(low, high)``.
    """
    return _Bound.apply(x, low, high) if x.requires_grad and torch.is_grad_enabled() else x.clamp(low, high)
