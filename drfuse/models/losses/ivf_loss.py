"""Fusion of infrared and visible images, Eq. 23."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch

from drfuse.diffusion.output import FusionOutput
from drfuse.models.losses.base_fusion_loss import FusionLoss, TargetSettings, fusion_targets, resolve_preset
from drfuse.models.losses.functional import elementwise_max, pixel_l1, sobel_gradient
from drfuse.registry import FUSION_LOSSES


@dataclass(frozen=True)
class IVFSettings(TargetSettings):
    """Numbers and choices of :class:`IVFLoss`; see its arguments."""

    fusion_weight: float = 10.0
    gradient_weight: float = 20.0
    sobel_norm: float = 1.0
    sobel_padding: str = 'replicate'


@FUSION_LOSSES.register_module()
class IVFLoss(FusionLoss):
    """lambda L_f with L_f = mean |Xf - max_i X_i| + gamma mean |G Xf - max_i G X_i| (Eqs. 20, 23).

    G is the Sobel magnitude |gx| + |gy|. The paper names neither the operator nor its scale.

    Presets: ``paper`` (lambda 10, gamma 20, clean targets) and ``official`` (intensity 5, gradient 1, targets
    are the reconstructions with gradient, zero padding: the numbers of the release).

    Args:
        preset: Name of a preset; every argument that is None takes its value.
        fusion_weight: lambda of Eq. 20, on both terms.
        gradient_weight: gamma of Eq. 23.
        target: ``clean`` labels or the ``reconstruction`` as X_i.
        detach_target: True stops the gradient into reconstructed targets.
        sobel_norm: Divisor of G; 8 makes it a slope per pixel and so divides the effective gamma by 8.
        sobel_padding: ``replicate``, ``reflect`` or ``zero``.

    Raises:
        ValueError: ``IVFLoss needs target to be one of ('clean', 'reconstruction'), got 'gt'``, and alike.
    """

    PRESETS: ClassVar[dict[str, IVFSettings]] = {
        'paper': IVFSettings(),
        'official': IVFSettings(fusion_weight=5.0, gradient_weight=0.2, target='reconstruction',
                                sobel_padding='zero'),
    }

    def __init__(self, preset: str = 'paper', fusion_weight: float | None = None,
                 gradient_weight: float | None = None, target: str | None = None,
                 detach_target: bool | None = None, sobel_norm: float | None = None,
                 sobel_padding: str | None = None) -> None:
        super().__init__()
        self.settings = resolve_preset('IVFLoss', self.PRESETS, preset, dict(
            fusion_weight=fusion_weight, gradient_weight=gradient_weight, target=target,
            detach_target=detach_target, sobel_norm=sobel_norm, sobel_padding=sobel_padding))
        if self.settings.sobel_norm == 0:
            raise ValueError('IVFLoss needs sobel_norm > 0, got 0')

    def terms(self, output: FusionOutput, targets: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
        """Return ``intensity`` and ``gradient``."""
        s = self.settings
        sources = fusion_targets(s, output, targets)
        gradients = [sobel_gradient(x, s.sobel_norm, s.sobel_padding) for x in sources]
        fused_gradient = sobel_gradient(output.fused, s.sobel_norm, s.sobel_padding)
        intensity = pixel_l1(output.fused, elementwise_max(sources))
        gradient = pixel_l1(fused_gradient, elementwise_max(gradients))
        return dict(intensity=s.fusion_weight * intensity,
                    gradient=s.fusion_weight * s.gradient_weight * gradient)
