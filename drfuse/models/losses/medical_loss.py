"""Fusion of medical images, Eq. 24."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch

from drfuse.diffusion.output import FusionOutput
from drfuse.models.losses.base_fusion_loss import FusionLoss, TargetSettings, fusion_targets, resolve_preset
from drfuse.models.losses.functional import pixel_l1, ssim
from drfuse.registry import FUSION_LOSSES


@dataclass(frozen=True)
class MedicalSettings(TargetSettings):
    """Numbers and choices of :class:`MedicalLoss`; see its arguments."""

    fusion_weight: float = 10.0
    ssim_weight: float = 10.0
    ssim_padding: str = 'reflect'


@FUSION_LOSSES.register_module()
class MedicalLoss(FusionLoss):
    """lambda L_f with L_f = sum_i mean |Xf - X_i| + phi (1 - SSIM(Xf, X_i)) (Eqs. 20, 24).

    Presets: ``paper`` (lambda 10, phi 10, clean targets) and ``official`` (L1 10, SSIM 1, targets are the
    reconstructions with gradient, zero padding: the numbers of the release).

    Args:
        preset: Name of a preset; every argument that is None takes its value.
        fusion_weight: lambda of Eq. 20, on both terms.
        ssim_weight: phi of Eq. 24.
        target: ``clean`` labels or the ``reconstruction`` as X_i.
        detach_target: True stops the gradient into reconstructed targets.
        ssim_padding: ``valid``, ``reflect``, ``replicate`` or ``zero``.

    Raises:
        ValueError: ``MedicalLoss needs ssim_weight >= 0, got -1``, and alike.
    """

    PRESETS: ClassVar[dict[str, MedicalSettings]] = {
        'paper': MedicalSettings(),
        'official': MedicalSettings(fusion_weight=10.0, ssim_weight=0.1, target='reconstruction',
                                    ssim_padding='zero'),
    }

    def __init__(self, preset: str = 'paper', fusion_weight: float | None = None,
                 ssim_weight: float | None = None, target: str | None = None,
                 detach_target: bool | None = None, ssim_padding: str | None = None) -> None:
        super().__init__()
        self.settings = resolve_preset('MedicalLoss', self.PRESETS, preset, dict(
            fusion_weight=fusion_weight, ssim_weight=ssim_weight, target=target,
            detach_target=detach_target, ssim_padding=ssim_padding))

    def terms(self, output: FusionOutput, targets: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
        """Return ``intensity`` and ``ssim``, each summed over the sources."""
        s = self.settings
        sources = fusion_targets(s, output, targets)
        intensity = torch.stack([pixel_l1(output.fused, x) for x in sources]).sum()
        dissimilarity = torch.stack([1 - ssim(output.fused, x, s.ssim_padding) for x in sources]).sum()
        return dict(intensity=s.fusion_weight * intensity,
                    ssim=s.fusion_weight * s.ssim_weight * dissimilarity)
