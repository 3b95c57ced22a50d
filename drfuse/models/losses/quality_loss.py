"""Fusion by local quality: the objective of the shipped models."""

from collections.abc import Sequence

import torch

from drfuse.diffusion.output import FusionOutput
from drfuse.models.losses.base_fusion_loss import FusionLoss
from drfuse.models.losses.functional import elementwise_max, pixel_l1, sobel_components, ssim_map
from drfuse.models.losses.phase_quality import phase_quality
from drfuse.models.losses.quality_terms import (
    contrast_quality,
    edge_quality,
    information_halves,
    invented_slopes,
    piella_quality,
    strongest_gradient,
    total_variation,
)
from drfuse.registry import FUSION_LOSSES


@FUSION_LOSSES.register_module()
class QualityFusionLoss(FusionLoss):
    """A weighted sum of what a fused image should keep of clean sources; a weight of 0 leaves a term out.

    Args:
        intensity: Weight of mean |Xf - max_i X_i|, as in Eq. 23.
        gradient: Weight of the mean absolute difference to the signed strongest gradient (slopes per pixel).
        quality: Weight of 1 - Q_W, see :func:`~drfuse.models.losses.quality_terms.piella_quality`.
        edges: Weight of 1 - Q_AB/F, see :func:`~drfuse.models.losses.quality_terms.edge_quality`.
        contrast: Weight of 1 - Q_CB, see :func:`~drfuse.models.losses.quality_terms.contrast_quality`.
        phase: Weight of 1 - Q_P, see :func:`~drfuse.models.losses.phase_quality.phase_quality`.
        information: Weight of 1 - Q_MI / 2 of the sum over the sources.
        structure: Weight of the mean over the sources of 1 - SSIM(Xf, X_i): keeps both of them present.
        halo: Weight of :func:`~drfuse.models.losses.quality_terms.invented_slopes` (per pixel).
        smoothness: Weight of the total variation of the fusion weights (per pixel): keeps noise and mottle out of them.
        weaker: Share, in [0, 1], by which the sum over the sources in ``information`` and ``structure`` gives way to
            the worse source: with 1 only the worse one counts.

    Raises:
        ValueError: If a weight is negative, all are 0, or ``weaker`` lies outside [0, 1].
    """

    def __init__(self, intensity: float = 0.5, gradient: float = 20.0, quality: float = 0.3, edges: float = 0.0,
                 contrast: float = 0.0, information: float = 0.0, structure: float = 0.0, smoothness: float = 0.0,
                 halo: float = 0.0, phase: float = 0.0, weaker: float = 0.0) -> None:
        super().__init__()
        self.weights = dict(intensity=intensity, gradient=gradient, quality=quality, edges=edges,
                            contrast=contrast, phase=phase, information=information, structure=structure, halo=halo,
                            smoothness=smoothness)
        if min(self.weights.values()) < 0 or not any(self.weights.values()):
            raise ValueError(f'QualityFusionLoss needs weights >= 0, and one above 0, got {self.weights}')
        if not 0 <= weaker <= 1:
            raise ValueError(f'QualityFusionLoss needs weaker in [0, 1], got {weaker}')
        self.weaker = weaker

    def terms(self, output: FusionOutput, targets: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
        """Return the terms whose weight is not 0.

        Raises:
            ValueError: If ``smoothness`` is not 0 and the output has no fusion weights.
        """
        if self.weights['smoothness'] and output.weights is None:
            raise ValueError(f'QualityFusionLoss: smoothness={self.weights["smoothness"]} needs fusion weights, got '
                             'None: set smoothness=0, or take a sampler with weights')
        fused = output.fused
        values = dict(
            intensity=lambda: pixel_l1(fused, elementwise_max(targets)),
            gradient=lambda: pixel_l1(sobel_components(fused, 8.0), strongest_gradient(targets)),
            quality=lambda: 1 - piella_quality(fused, targets).mean(),
            edges=lambda: 1 - edge_quality(fused, targets).mean(),
            contrast=lambda: 1 - contrast_quality(fused, targets).mean(),
            phase=lambda: 1 - phase_quality(fused, targets).mean(),
            information=lambda: self._over_sources(list(1 - information_halves(fused, targets))),
            structure=lambda: self._over_sources([1 - ssim_map(fused, x).mean((1, 2, 3)) for x in targets]),
            halo=lambda: invented_slopes(fused, targets),
            smoothness=lambda: total_variation(output.weights))
        return {name: weight * values[name]() for name, weight in self.weights.items() if weight}

    def _over_sources(self, losses: list[torch.Tensor]) -> torch.Tensor:
        """Return the loss of the mean and the worse source of every image, from one (B,) a source."""
        stacked = torch.stack(losses)
        return ((1 - self.weaker) * stacked.mean(0) + self.weaker * stacked.amax(0)).mean()
