"""What a sampler returns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch


@dataclass
class StepRecord:
    """The state after one reverse step, for inspection.

    Attributes:
        t: Step index, T..1.
        x0: (B, M + 1, H, W) corrected estimate of [X1..XM, Xf] of Eqs. 17 / 19.
        weights: (B, M, H, W) fusion weights of this step; None for rules without weights.
        scales: (M + 1) mean correction scale of each block.
        residuals: (M) root-mean-square of A_i x_i - y_i after the correction.
        predicted: (B, M + 1, H, W) the network's estimate before the correction, Eq. 16; None where it is not kept.
    """

    t: int
    x0: torch.Tensor
    weights: torch.Tensor | None
    scales: list[float]
    residuals: list[float]
    predicted: torch.Tensor | None = None


@dataclass
class FusionOutput:
    """Result of a reverse process.

    Attributes:
        sources: M restored sources, each (B, 1, H, W), about [0, 1], not clamped.
        fused: (B, 1, H, W) fused image, about [0, 1], not clamped.
        weights: (B, M, H, W) fusion weights of the last step; they sum to 1 over M. None for rules without weights.
        trajectory: One record per step, T..1; empty unless asked for.
    """

    sources: tuple[torch.Tensor, ...]
    fused: torch.Tensor
    weights: torch.Tensor | None
    trajectory: list[StepRecord] = field(default_factory=list)

    @property
    def images(self) -> tuple[torch.Tensor, ...]:
        """Restored sources, fused image and, where there are some, fusion weights."""
        return (*self.sources, self.fused, *(() if self.weights is None else (self.weights,)))

    def map(self, function: Callable[[torch.Tensor], torch.Tensor]) -> FusionOutput:
        """Return the result of a function of every image, without trajectory."""
        return self.with_images([function(image) for image in self.images])

    def with_images(self, images: Sequence[torch.Tensor]) -> FusionOutput:
        """Return a result of other :attr:`images`, in the same order, without trajectory."""
        count = len(self.sources)
        return FusionOutput(tuple(images[:count]), images[count], None if self.weights is None else images[count + 1])
