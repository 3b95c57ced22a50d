r"""Noise schedules: :math:`\alpha_t` and :math:`\bar\alpha_t = \prod_{i \le t} \alpha_i`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, get_args

import torch
from mmengine.model import BaseModule

from drfuse.registry import SAMPLERS

_LARGEST_RAW = 9.0

ScheduleMode = Literal['learned', 'fixed', 'linear', 'cosine']


@SAMPLERS.register_module()
class AlphaSchedule(BaseModule):
    r"""The schedule :math:`\alpha_1..\alpha_T` with :math:`\bar\alpha_0 = 1`.

    The publication gives no values; the release learns alpha from 0.5 without bounds. Here
    alpha = sigmoid(raw) starts at the same point and stays in (0, 1).

    Args:
        num_steps: T >= 1.
        mode: ``'learned'``; ``'fixed'`` (the values stay); ``'linear'`` (beta grows from 0.1 to 0.5);
            ``'cosine'`` (A. Nichol, P. Dhariwal, "Improved denoising diffusion probabilistic models",
            ICML 2021). The last two are fixed.
        alpha: Start value(s) of alpha for ``'learned'`` and ``'fixed'``: a number or T numbers in (0, 1).

    Raises:
        ValueError: If T < 1, the mode is unknown or alpha is not in (0, 1).
    """

    def __init__(self, num_steps: int, mode: str = 'learned', alpha: float | Sequence[float] = 0.5) -> None:
        super().__init__()
        if num_steps < 1:
            raise ValueError(f'AlphaSchedule num_steps must be >= 1, got {num_steps}')
        if mode not in get_args(ScheduleMode):
            raise ValueError(f'AlphaSchedule mode must be one of {get_args(ScheduleMode)}, got {mode!r}')
        self.num_steps, self.mode = num_steps, mode
        raw = torch.logit(_alphas(num_steps, mode, alpha)).float()
        if mode == 'learned':
            self.raw = torch.nn.Parameter(raw)
        else:
            self.register_buffer('raw', raw)

    @property
    def timesteps(self) -> range:
        """T, T - 1, ..., 1."""
        return range(self.num_steps, 0, -1)

    def alpha_bars(self) -> torch.Tensor:
        """Return (T + 1,) abar_0 = 1, abar_1, ..., abar_T."""
        # beyond this, single precision would round alpha to 0 or 1, and 1 - abar divides
        alpha = torch.sigmoid(self.raw.clamp(-_LARGEST_RAW, _LARGEST_RAW))
        return torch.cat([alpha.new_ones(1), torch.cumprod(alpha, 0)])


def _alphas(num_steps: int, mode: str, alpha: float | Sequence[float]) -> torch.Tensor:
    """Return the T start values, float64."""
    if mode == 'linear':
        return 1 - torch.linspace(0.1, 0.5, num_steps, dtype=torch.float64)
    if mode == 'cosine':
        position = torch.arange(num_steps + 1, dtype=torch.float64) / num_steps
        bars = torch.cos((position + 0.008) / 1.008 * math.pi / 2).square()
        return (bars[1:] / bars[:-1]).clamp(1e-3, 1 - 1e-3)
    values = torch.as_tensor(alpha, dtype=torch.float64).expand(num_steps) if isinstance(alpha, int | float) \
        else torch.tensor(alpha, dtype=torch.float64)
    if values.shape != (num_steps,) or bool(((values <= 0) | (values >= 1)).any()):
        raise ValueError(f'AlphaSchedule alpha must be one or {num_steps} numbers in (0, 1), got {alpha}')
    return values.clone()
