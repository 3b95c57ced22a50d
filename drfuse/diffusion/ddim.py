"""The deterministic reverse step: pure functions."""

import torch


def predict_x0(x: torch.Tensor, eps: torch.Tensor, alpha_bar: torch.Tensor) -> torch.Tensor:
    """Return x_0|t = (x_t - sqrt(1 - abar_t) eps) / sqrt(abar_t).

    Eq. 16 with the division that Eqs. 4 and 16 lack in print (errata E1).

    Args:
        x: (B, C, H, W) state x_t.
        eps: (B, C, H, W) predicted noise.
        alpha_bar: abar_t, scalar tensor.
    """
    return (x - (1 - alpha_bar).sqrt() * eps) / alpha_bar.sqrt()


def implied_noise(x: torch.Tensor, x0: torch.Tensor, alpha_bar: torch.Tensor) -> torch.Tensor:
    """Return the noise that leads from x0 to x_t, the inverse of :func:`predict_x0`, for an x0 that was clipped.

    Args:
        x: (B, C, H, W) state x_t.
        x0: (B, C, H, W) estimate.
        alpha_bar: abar_t < 1, scalar tensor.
    """
    return (x - alpha_bar.sqrt() * x0) / (1 - alpha_bar).sqrt()


def ddim_step(x0: torch.Tensor, eps: torch.Tensor, alpha_bar_previous: torch.Tensor) -> torch.Tensor:
    """Return x_{t-1} = sqrt(abar_{t-1}) x0 + sqrt(1 - abar_{t-1}) eps (Eqs. 5 and 18).

    Args:
        x0: (B, C, H, W) corrected estimate.
        eps: (B, C, H, W) predicted noise.
        alpha_bar_previous: abar_{t-1}, scalar tensor; 1 at the last step, which then returns x0.
    """
    # The square root has no finite slope at 0: the last step must not touch it.
    if float(alpha_bar_previous.detach()) == 1:
        return x0
    return alpha_bar_previous.sqrt() * x0 + (1 - alpha_bar_previous).sqrt() * eps
