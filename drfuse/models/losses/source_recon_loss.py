"""Restoration of the sources, Eq. 21."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch

from drfuse.diffusion.output import FusionOutput
from drfuse.models.losses.base_fusion_loss import FusionLoss, resolve_preset
from drfuse.models.losses.functional import pixel_l1, psnr_loss
from drfuse.registry import FUSION_LOSSES

NORMS = dict(l1=pixel_l1, psnr=psnr_loss)
"""Errors by their name in a config."""


@dataclass(frozen=True)
class ReconSettings:
    """Numbers and choices of :class:`SourceReconLoss`."""

    weight: float
    norm: str = 'l1'


@FUSION_LOSSES.register_module()
class SourceReconLoss(FusionLoss):
    """L_rec = sum_i mean |X_i - clean_i| (Eq. 21; the printed Eq. 22 repeats it).

    Presets: ``paper`` (weight 1), ``official_ivf`` (5) and ``official_medical`` (10), the release's numbers
    for infrared-visible and medical pairs.

    Args:
        preset: Name of a preset.
        weight: Weight of the term; None = the preset's.
        norm: ``l1`` (the paper), or ``psnr``: sum_i mean over the samples of 10 log10((mse + c) / c), c = 1e-5, in
            dB. It weighs samples by their relative error, so that hard degradations do not outweigh easy ones, and
            asks for nothing beyond 50 dB. None = the preset's.
        shares: Factor of each source's error, in their order; None = 1 for all. A source that is easy to restore can
            count less, so that a small network spends itself on the other.
        gross: Weight of a term of its own, sum_i mean |x_i - clean_i|: it sees sources that are altogether wrong, whose
            gradient in dB is small. 0 = none.

    Raises:
        ValueError: If the preset is unknown, a weight or share negative; in use, if the shares do not fit the sources.
    """

    PRESETS: ClassVar[dict[str, ReconSettings]] = {
        'paper': ReconSettings(weight=1.0),
        'official_ivf': ReconSettings(weight=5.0),
        'official_medical': ReconSettings(weight=10.0),
    }

    def __init__(self, preset: str = 'paper', weight: float | None = None, norm: str | None = None,
                 shares: Sequence[float] | None = None, gross: float = 0.0) -> None:
        super().__init__()
        self.settings = resolve_preset('SourceReconLoss', self.PRESETS, preset, dict(weight=weight, norm=norm))
        if self.settings.norm not in NORMS:
            raise ValueError(f'SourceReconLoss needs norm to be one of {tuple(NORMS)}, got {norm!r}')
        if shares is not None and (min(shares, default=0) < 0 or not any(shares)):
            raise ValueError(f'SourceReconLoss needs shares >= 0, and one above 0, got {shares}')
        if gross < 0:
            raise ValueError(f'SourceReconLoss needs gross >= 0, got {gross}')
        self.shares, self.gross = shares, gross

    def terms(self, output: FusionOutput, targets: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
        """Return ``rec``, and ``gross`` if it has a weight."""
        shares = [1.0] * len(targets) if self.shares is None else self.shares
        if len(shares) != len(targets):
            raise ValueError(f'SourceReconLoss has {len(shares)} shares for {len(targets)} sources')

        def total(norm: str) -> torch.Tensor:
            return torch.stack([share * NORMS[norm](x, clean) for share, x, clean
                                in zip(shares, output.sources, targets, strict=True)]).sum()

        terms = dict(rec=self.settings.weight * total(self.settings.norm))
        return terms if self.gross == 0 else dict(terms, gross=self.gross * total('l1'))
