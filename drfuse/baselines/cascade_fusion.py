"""Restore each source on its own, then fuse: what the joint method is measured against."""

from __future__ import annotations

import torch
from torch import nn

from drfuse.baselines.fusers import build_fuser
from drfuse.baselines.restorer import Restorer
from drfuse.diffusion.output import FusionOutput
from drfuse.models.fusion_models.base_fusion_model import BaseFusionModel, Inputs, Samples
from drfuse.registry import MODELS, RESTORERS


@MODELS.register_module()
class CascadeFusion(BaseFusionModel):
    """A restorer for each of two sources and a fusion rule; only the denoiser, if there is one, is trained.

    All such models with the same denoiser have the same weights (``denoiser.*``), so one checkpoint serves them all.
    The training loss is the mean absolute error of the denoiser on noisy images at full resolution.

    Args:
        restorers: Config of :data:`drfuse.registry.RESTORERS` for both sources, or modality to config.
        fuser: Name in :data:`drfuse.registry.FUSERS`, or a config with arguments.
        denoiser: Config of a model ``(image, sigma) -> image``, for restorers that use one.
        data_preprocessor: Config; None = ``dict(type='FusionDataPreprocessor')``.
        chroma_from: Modality whose degraded chroma colours the fused image; None = the first that has chroma.
        init_cfg: MMEngine initialisation config.
        chroma: One of :data:`~drfuse.models.fusion_models.base_fusion_model.CHROMA`.

    Raises:
        ValueError: If a restorer needs a denoiser and there is none, or the fusion rule is unknown.
    """

    def __init__(self, restorers: dict, fuser: str | dict, denoiser: dict | None = None,
                 data_preprocessor: dict | nn.Module | None = None, chroma_from: str | None = None,
                 init_cfg: dict | None = None, chroma: str = 'observed') -> None:
        super().__init__(data_preprocessor, init_cfg, chroma_from, chroma)
        self.denoiser = None if denoiser is None else MODELS.build(denoiser)
        self.fuser = build_fuser(fuser)
        configs = {'': restorers} if 'type' in restorers else restorers
        self.restorers = {name: self._restorer(cfg) for name, cfg in configs.items()}

    def _restorer(self, cfg: dict) -> Restorer:
        restorer = RESTORERS.build(cfg)
        if self.denoiser is not None:
            restorer.attach(self.denoiser)
        elif restorer.uses_denoiser:
            raise ValueError(f"{type(restorer).__name__} needs a denoiser: set denoiser=dict(type='FFDNet')")
        return restorer

    def loss(self, inputs: Inputs, data_samples: Samples) -> dict[str, torch.Tensor]:
        """Return the mean absolute error of the denoised sources.

        Args:
            inputs: Modality to batched observation at full resolution.
            data_samples: With ``gt_sources`` (M, H, W), the clean luminance.

        Returns:
            ``loss_denoise``.

        Raises:
            ValueError: If there is no denoiser, or an observation has lost resolution.
        """
        if self.denoiser is None:
            raise ValueError('CascadeFusion has nothing to train without a denoiser')
        labels = torch.stack([sample.gt_sources for sample in data_samples])
        clean = torch.cat(labels.split(1, dim=1))
        y = torch.cat([observation.y for observation in inputs.values()])
        if y.shape != clean.shape:
            raise ValueError(f'the denoiser is trained at full resolution, {tuple(clean.shape[-2:])}, '
                             f'got observations of {tuple(y.shape[-2:])}')
        sigma = torch.cat([observation.sigma.expand(len(observation.y), 1, *observation.sigma.shape[-2:])
                           for observation in inputs.values()])
        denoised = self.denoiser(y, sigma)
        return dict(loss_denoise=(denoised.float() - clean).abs().mean())

    def _forward(self, inputs: Inputs) -> FusionOutput:
        if len(inputs) != 2:
            raise ValueError(f'CascadeFusion fuses 2 sources, got {len(inputs)} modalities {tuple(inputs)}')
        if '' not in self.restorers and set(self.restorers) != set(inputs):
            raise ValueError(f'CascadeFusion has restorers for {sorted(self.restorers)}, got {tuple(inputs)}')
        restored = tuple(self.restorers.get(name, self.restorers.get(''))(observation)
                         for name, observation in inputs.items())
        return FusionOutput(sources=restored, fused=self.fuser(*restored), weights=None)
