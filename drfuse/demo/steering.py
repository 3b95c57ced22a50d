"""Fewer steps and weaker correction than a model was trained with, to see what they do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn

from drfuse.degradations.joint_observation import BlockScale
from drfuse.utils.config import UserError


class LastSteps(nn.Module):
    """The last steps of a schedule: the reverse process then starts from abar_t of a smaller t.

    Args:
        schedule: The whole schedule.
        steps: How many are left.
    """

    def __init__(self, schedule: nn.Module, steps: int) -> None:
        super().__init__()
        self.schedule, self.steps = schedule, steps

    @property
    def timesteps(self) -> range:
        """The steps t."""
        return range(self.steps, 0, -1)

    def alpha_bars(self) -> torch.Tensor:
        """Return abar_0 to abar of the first step that is made."""
        return self.schedule.alpha_bars()[:self.steps + 1]


class WeakerScale(nn.Module):
    """A correction scale whose sources' blocks are multiplied by a strength.

    Args:
        scale: The model's own.
        schedule: The whole schedule, which that one was trained with.
        strength: In [0, 1].
    """

    def __init__(self, scale: nn.Module, schedule: nn.Module, strength: float) -> None:
        super().__init__()
        self.scale, self.schedule, self.strength = scale, schedule, strength
        self.use_gain = getattr(scale, 'use_gain', True)

    def forward(self, t: int, alpha_bars: torch.Tensor, sigmas: Sequence[torch.Tensor]) -> BlockScale:
        """Return the scales of step t."""
        own = self.scale(t, self.schedule.alpha_bars(), sigmas)
        return BlockScale(tuple(self.strength * scale for scale in own.sources), own.fused)


def trained_steps(model: nn.Module) -> int:
    """Return T of a model, 0 if it has no steps."""
    schedule = getattr(getattr(model, 'sampler', None), 'schedule', None)
    return 0 if schedule is None else len(schedule.timesteps)


@contextmanager
def steered(model: nn.Module, steps: int | None = None, correction: float = 1.0) -> Iterator[None]:
    """Let a model make only its last steps, and correct less, as long as the context lasts.

    Args:
        model: With a sampler.
        steps: 1 to T; None = T.
        correction: Factor of the sources' correction scale, 0 (none) to 1 (as trained).

    Raises:
        UserError: If a number is out of range.
    """
    total = trained_steps(model)
    steps = total if steps is None else steps
    if total and not 1 <= steps <= total:
        raise UserError(f'steps must be 1 to {total}, those of the model, got {steps}')
    if not 0 <= correction <= 1:
        raise UserError(f'correction must be in 0..1, got {correction}')
    if total == 0 or (steps == total and correction == 1):
        yield
        return
    sampler = model.sampler
    schedule, scale = sampler.schedule, sampler.correction_scale
    try:
        sampler.schedule = LastSteps(schedule, steps)
        if scale is not None:
            sampler.correction_scale = WeakerScale(scale, schedule, correction)
        yield
    finally:
        sampler.schedule, sampler.correction_scale = schedule, scale
