"""Degradation-robust fusion: a backbone, a sampler and losses."""

from collections.abc import Sequence

import torch
from torch import nn

from drfuse.diffusion.output import FusionOutput
from drfuse.models.chroma import colourise, restore_chroma
from drfuse.models.fusion_models.base_fusion_model import BaseFusionModel, Inputs, Samples
from drfuse.registry import BACKBONES, FUSION_LOSSES, MODELS, SAMPLERS
from drfuse.structures import NEUTRAL_CHROMA, FusionDataSample

CHROMA = ('observed', 'guided')
"""What colours a fused image: the degraded chroma, or restored by :func:`drfuse.models.chroma.restore_chroma`."""


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
        chroma: One of :data:`CHROMA`. Labels, metrics and restored sources are luminance and do not depend on it.
        train_only: Parts of parameter names: parameters with none of them in their name are frozen. None = all train.

    Raises:
        ValueError: If ``chroma`` is none of these, or no parameter has a part of ``train_only`` in its name.
    """

    def __init__(self, backbone: dict, sampler: dict, losses: dict[str, dict] | None = None,
                 data_preprocessor: dict | nn.Module | None = None, chroma_from: str | None = None,
                 init_cfg: dict | None = None, chroma: str = 'observed',
                 train_only: Sequence[str] | None = None) -> None:
        super().__init__(data_preprocessor, init_cfg)
        self.backbone = BACKBONES.build(backbone)
        self.sampler = SAMPLERS.build(sampler)
        self.losses = nn.ModuleDict({name: FUSION_LOSSES.build(cfg) for name, cfg in (losses or {}).items()})
        if chroma not in CHROMA:
            raise ValueError(f'chroma must be one of {CHROMA}, got {chroma!r}')
        self.chroma_from, self.chroma = chroma_from, chroma
        if train_only is not None:
            freeze_others(self, train_only)

    def loss(self, inputs: Inputs, data_samples: Samples) -> dict[str, torch.Tensor]:
        """Return every loss term, and how much each source counts (a collapse shows there).

        Args:
            inputs: Modality to batched observation.
            data_samples: With ``gt_sources`` (M, H, W), the clean luminance.

        Returns:
            ``loss_*`` scalars, summed by the training loop, and for the log only ``weight_<i>``, the mean weight of
            a source, and ``likeness_<i>``, the mean correlation of the fused image with it.

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
            means = output.weights.detach().mean((0, 2, 3))
            likeness = [correlation(output.fused.detach(), source.detach()) for source in output.sources]
        return {**result, **{f'weight_{i}': mean for i, mean in enumerate(means)},
                **{f'likeness_{i}': value for i, value in enumerate(likeness)}}

    @torch.no_grad()
    def predict(self, inputs: Inputs, data_samples: Samples | None = None) -> Samples:
        """Fill the data samples with restored sources, weights and the fused image, clamped to [0, 1].

        Args:
            inputs: Modality to batched observation.
            data_samples: With ``chroma`` where a source has colour; None = new, grey ones.

        Returns:
            The samples with ``pred_sources``, ``pred_fused``, ``pred_weights``, ``fused_image`` and ``observed``.

        Raises:
            ValueError: If ``chroma_from`` names a modality without chroma.
        """
        output = self._forward(inputs)
        sources, fused = torch.cat(output.sources, 1).clamp(0, 1), output.fused.clamp(0, 1)
        if data_samples is None:
            data_samples = [FusionDataSample(metainfo=dict(modalities=tuple(inputs))) for _ in fused]
        if self.chroma == 'guided':
            self._restore_chroma(data_samples, inputs, sources)
        for i, sample in enumerate(data_samples):
            sample.pred_sources, sample.pred_fused = sources[i], fused[i]
            sample.pred_weights = output.weights[i]
            sample.observed = {name: observation.y[i] for name, observation in inputs.items()}
            name = self._colour_source(sample, tuple(inputs))
            sample.fused_image = fused[i] if name is None else colourise(fused[i], sample.chroma[name])
        return data_samples

    def _forward(self, inputs: Inputs) -> FusionOutput:
        if len(inputs) != self.backbone.num_sources:
            raise ValueError(f'the backbone has num_sources={self.backbone.num_sources}, '
                             f'got {len(inputs)} modalities {tuple(inputs)}')
        return self.sampler(self.backbone, list(inputs.values()))

    def _colour_source(self, sample: FusionDataSample, modalities: tuple[str, ...]) -> str | None:
        """Return the name of the colour source, None if all are grey."""
        chroma = sample.get('chroma') or {}
        if self.chroma_from is None:
            return next((name for name in modalities if name in chroma), None)
        if self.chroma_from not in chroma:
            raise ValueError(f'chroma_from={self.chroma_from!r}, but only {sorted(chroma)} have chroma')
        return self.chroma_from

    def _restore_chroma(self, samples: Samples, inputs: Inputs, sources: torch.Tensor) -> None:
        """Replace the chroma of the samples by restored chroma at full size."""
        for k, (name, observation) in enumerate(inputs.items()):
            chroma = [(sample.get('chroma') or {}).get(name) for sample in samples]
            if all(c is None for c in chroma):
                continue
            neutral = torch.full((2, *observation.y.shape[-2:]), NEUTRAL_CHROMA, device=sources.device)
            batch = torch.stack([neutral if c is None else c.to(neutral) for c in chroma])
            restored = restore_chroma(batch, sources[:, k:k + 1], observation)
            for sample, old, new in zip(samples, chroma, restored, strict=True):
                if old is not None:
                    sample.chroma = {**sample.chroma, name: new}


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

