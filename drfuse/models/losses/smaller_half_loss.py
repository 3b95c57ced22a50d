"""A floor under how much of the source that is kept less: at least what a classical fusion rule keeps."""

from collections.abc import Callable, Sequence

import torch
from torch.nn import functional as F

from drfuse.baselines.fusers import build_fuser
from drfuse.diffusion.output import FusionOutput
from drfuse.models.losses.base_fusion_loss import FusionLoss
from drfuse.models.losses.functional import ssim_map
from drfuse.models.losses.quality_terms import edge_quality_halves, information_halves
from drfuse.registry import FUSION_LOSSES


@FUSION_LOSSES.register_module()
class SmallerHalfLoss(FusionLoss):
    """Hinges on the smaller halves of Q_MI, Q_AB/F and SSIM against those of a fusion rule on the restored sources.

    Many measures of fusion are a sum of one half a source and are won by a copy of one source; the smaller half shows
    what was lost. The hinge is that of the batch's mean, as tables report means: single pairs may fall short of the
    rule where it costs too much else, if others exceed it. Several processes have a hinge each, of their share.

    Args:
        weight: Weight of the sum of the three hinges.
        margin: By how much the rule's halves are to be exceeded.
        rule: Name or config of a two-source rule of :data:`drfuse.registry.FUSERS`.

    Raises:
        ValueError: If the weight is not positive, or the rule is unknown; in use, if there are not two sources.
    """

    def __init__(self, weight: float = 1.0, margin: float = 0.0, rule: str | dict = 'laplacian_pyramid') -> None:
        super().__init__()
        if weight <= 0:
            raise ValueError(f'SmallerHalfLoss needs weight > 0, got {weight}')
        self.weight, self.margin, self.rule = weight, margin, build_fuser(rule)

    def terms(self, output: FusionOutput, targets: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
        """Return one hinge a measure."""
        if len(targets) != 2:
            raise ValueError(f'SmallerHalfLoss compares with a rule for 2 sources, got {len(targets)}')
        with torch.no_grad():
            reference = self.rule(*(x.clamp(0, 1) for x in output.sources))
        missing = {name: _smaller(half, reference, targets) - _smaller(half, output.fused, targets) + self.margin
                   for name, half in HALVES.items()}
        return {f'lost_{name}': self.weight * F.relu(value) for name, value in missing.items()}


def _smaller(half: Callable, fused: torch.Tensor, targets: Sequence[torch.Tensor]) -> torch.Tensor:
    return half(fused, targets).amin(0).mean()


def _structure(fused: torch.Tensor, targets: Sequence[torch.Tensor]) -> torch.Tensor:
    return torch.stack([ssim_map(fused, x).mean((1, 2, 3)) for x in targets])


HALVES = dict(information=information_halves, edges=edge_quality_halves, structure=_structure)
"""Measures by name: fused (B, 1, H, W) and M targets -> (M, B)."""
