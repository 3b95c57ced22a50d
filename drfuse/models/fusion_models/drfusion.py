"""Degradation-robust fusion: a backbone, a sampler and losses."""

from collections.abc import Sequence

import torch
from torch import nn

from drfuse.diffusion.output import FusionOutput
from drfuse.models.fusion_models.base_fusion_model import BaseFusionModel, Inputs, Samples
from drfuse.registry import BACKBONES, FUSION_LOSSES, MODELS, SAMPLERS


@MODELS.register_module()
class DRFusion(BaseFusionModel):
    """Restores M degraded sources and fuses them in one unrolled reverse process (paper, Algorithm 1).

    The backbone may run under autocast; the sampler keeps its physics in float32, and the losses are computed
    in float32 here.

    Args:
        backbone: Config of :data:`drfuse.registry.BACKBONES`.
        sampler: Config of :data:`drfuse.registry.SAMPLERS`.
        losses: Name to config of :data:`drfuse.registry.FUSION_LOSSES`; a dict, so that a child config can
            change one of them. None or empty: a model for prediction only.
        data_preprocessor: Config; None = ``dict(type='FusionDataPreprocessor')``.
        chroma_from: Modality whose degraded chroma colours the fused image; None = the first that has chroma.
        init_cfg: MMEngine initialisation config.
        chroma: One of :data:`~drfuse.models.fusion_models.base_fusion_model.CHROMA`. Labels, metrics and restored
            sources are luminance and do not depend on it.
        train_only: Parts of parameter names: parameters with none of them in their name are frozen. None = all train.

    Raises:
        ValueError: If ``chroma`` is none of these, or no parameter has a part of ``train_only`` in its name.
    """

    def __init__(self, backbone: dict, sampler: dict, losses: dict[str, dict] | None = None,
                 data_preprocessor: dict | nn.Module | None = None, chroma_from: str | None = None,
                 init_cfg: dict | None = None, chroma: str = 'observed',
                 train_only: Sequence[str] | None = None) -> None:
        super().__init__(data_preprocessor, init_cfg, chroma_from, chroma)
        self.backbone = BACKBONES.build(backbone)
        self.sampler = SAMPLERS.build(sampler)
        self.losses = nn.ModuleDict({name: FUSION_LOSSES.build(cfg) for name, cfg in (losses or {}).items()})
        if train_only is not None:
            freeze_others(self, train_only)

    def loss(self, inputs: Inputs, data_samples: Samples) -> dict[str, torch.Tensor]:
        """Return every loss term, and how much each source counts (a collapse shows there).

        Args:
            inputs: Modality to batched observation.
            data_samples: With ``gt_sources`` (M, H, W), the clean luminance.

        Returns:
            ``loss_*`` scalars, summed by the training loop, and for the log only ``weight_<i>``, the mean weight of
            a source where the fusion has weights, and ``likeness_<i>``, the mean correlation of the fused image with
            it.

        Raises:
            ValueError: If there are no losses, or two of them use the same name.
        """
        if not self.losses:
            raise ValueError("DRFusion needs losses to train, got none: set losses=dict(fusion=dict(type='IVFLoss'))")
        output = self._forward(inputs)
        labels = torch.stack([sample.gt_sources for sample in data_samples])
        targets = labels.split(1, dim=1)
        result: dict[str, torch.Tensor] = {}
        with torch.autocast(labels.device.type, enabled=False):
            for name, term in self.losses.items():
                merge_terms(result, term(output, targets), name)
            means = () if output.weights is None else output.weights.detach().mean((0, 2, 3))
            likeness = [correlation(output.fused.detach(), source.detach()) for source in output.sources]
        return {**result, **{f'weight_{i}': mean for i, mean in enumerate(means)},
                **{f'likeness_{i}': value for i, value in enumerate(likeness)}}

    def _forward(self, inputs: Inputs) -> FusionOutput:
        if len(inputs) != self.backbone.num_sources:
            raise ValueError(f'the backbone has num_sources={self.backbone.num_sources}, '
                             f'got {len(inputs)} modalities {tuple(inputs)}')
        return self.sampler(self.backbone, list(inputs.values()))


def freeze_others(model: nn.Module, parts: Sequence[str]) -> None:
    """Freeze every parameter that has none of the parts in its name.

    Raises:
        ValueError: If a part is in no name.
    """
    names = dict(model.named_parameters())
    for part in parts:
        if not any(part in name for name in names):
            raise ValueError(f'train_only: {part!r} is in no parameter name, such as {next(iter(names))!r}')
    for name, parameter in names.items():
        parameter.requires_grad_(any(part in name for part in parts))


def correlation(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the mean over samples of Pearson's correlation of images (B, 1, H, W); a flat image counts as 0."""
    x, y = (v.flatten(1) - v.flatten(1).mean(1, keepdim=True) for v in (x, y))
    return ((x * y).sum(1) / (x.norm(dim=1) * y.norm(dim=1)).clamp(min=1e-12)).mean()


def merge_terms(result: dict[str, torch.Tensor], terms: dict[str, torch.Tensor], owner: str) -> None:
    """Add the terms of one loss to ``result``.

    Raises:
        ValueError: If a name is taken, or does not start with ``loss_``.
    """
    for key, value in terms.items():
        if key in result:
            raise ValueError(f'losses[{owner!r}] returns {key!r}, which another loss returns already')
        if not key.startswith('loss_'):
            raise ValueError(f"losses[{owner!r}] returns {key!r}; the name of a term starts with 'loss_'")
        result[key] = value

