"""What a sampler returns."""

from dataclasses import dataclass, field

import torch


@dataclass
class StepRecord:
    """The state after one reverse step, for inspection.

    Attributes:
        t: Step index, T..1.
        x0: (B, M + 1, H, W) corrected estimate of [X1..XM, Xf] of Eqs. 17 / 19.
        weights: (B, M, H, W) fusion weights of this step.
        scales: (M + 1) mean correction scale of each block.
        residuals: (M) root-mean-square of A_i x_i - y_i after the correction.
    """

    t: int
    x0: torch.Tensor
    weights: torch.Tensor
    scales: list[float]
    residuals: list[float]


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
