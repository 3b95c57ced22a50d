"""What a sampler asks of a network: the contract that backbones fulfil."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

import torch
from torch.nn import functional as F


@dataclass(frozen=True)
class StepCondition:
    """What is known about the sources at one step; all maps are at full size, one channel a source.

    Attributes:
        pinv: (B, M, H, W) A^+ y, about [0, 1].
        residual: (B, M, H, W) A^+ (A x - y) of the current state brought to image scale.
        sigma: (B, M, H, W) standard deviation of the luminance noise in y, unit of y.
        degradation: (B, M, K) optional description of each degradation.
        memory: What the network returned as its memory at the step before, None at the first; its own affair.
        alpha_bar: abar_t, scalar tensor: how much of the state is image; None = not told.
    """

    pinv: torch.Tensor
    residual: torch.Tensor
    sigma: torch.Tensor
    degradation: torch.Tensor | None = None
    memory: tuple[torch.Tensor, ...] | None = None
    alpha_bar: torch.Tensor | None = None

    def pad(self, pad: tuple[int, int, int, int]) -> StepCondition:
        """Return the condition with its maps padded like the state, by (left, right, top, bottom)."""
        return StepCondition(pad_image(self.pinv, pad), pad_image(self.residual, pad), pad_image(self.sigma, pad),
                             self.degradation, self.memory, self.alpha_bar)

    def sample(self, index: int) -> StepCondition:
        """Return what is known of one sample of the batch, as a batch of one."""
        def one(x: torch.Tensor) -> torch.Tensor:
            return x[index:index + 1]

        return StepCondition(one(self.pinv), one(self.residual), one(self.sigma),
                             None if self.degradation is None else one(self.degradation),
                             None if self.memory is None else tuple(map(one, self.memory)), self.alpha_bar)


class DenoiserOutput(NamedTuple):
    """One network evaluation.

    Attributes:
        eps: (B, M + 1, H, W) predicted noise of [x1, ..., xM, xf].
        weight_logits: (B, M K, H, W) logits whose softmax over M gives the fusion weights of K bands; the K bands of
            a source are neighbours. K = 1 for a plain mask.
        memory: Features for the network at the next step, batch first; None = it takes no notes.
    """

    eps: torch.Tensor
    weight_logits: torch.Tensor
    memory: tuple[torch.Tensor, ...] | None = None


class Denoiser(Protocol):
    """Anything that predicts noise and fusion weights from a state."""

    uses_condition: ClassVar[bool]
    """True if the network reads ``cond``; the sampler then computes it."""

    def __call__(self, x: torch.Tensor, t: torch.Tensor, cond: StepCondition | None = None) -> DenoiserOutput:
        """Return noise and weight logits for the state x (B, M + 1, H, W) at steps t (B,)."""


def pad_image(x: torch.Tensor, pad: tuple[int, int, int, int]) -> torch.Tensor:
    """Pad (left, right, top, bottom) by reflection, by replication where the image is too small."""
    small = pad[1] >= x.shape[-1] or pad[3] >= x.shape[-2]
    return F.pad(x, pad, mode='replicate' if small else 'reflect')
