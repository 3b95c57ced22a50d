"""Mode dispatch and sample packing of a fusion model, nothing else."""

from abc import abstractmethod

import torch
from mmengine.model import BaseModel
from torch import nn

from drfuse.degradations.degradation import Observation
from drfuse.diffusion.output import FusionOutput
from drfuse.models.chroma import colourise, restore_chroma
from drfuse.registry import MODELS
from drfuse.structures import NEUTRAL_CHROMA, FusionDataSample

Inputs = dict[str, Observation]
Samples = list[FusionDataSample]

MODES = ('loss', 'predict', 'tensor')

CHROMA = ('observed', 'guided')
"""What colours a fused image: the degraded chroma, or restored by :func:`drfuse.models.chroma.restore_chroma`."""


class BaseFusionModel(BaseModel):
    """Base of all fusion models.

    Args:
        data_preprocessor: Config or module; None = ``dict(type='FusionDataPreprocessor')``.
        init_cfg: MMEngine initialisation config.
        chroma_from: Modality whose degraded chroma colours the fused image; None = the first that has chroma.
        chroma: One of :data:`CHROMA`.

    Raises:
        ValueError: If ``chroma`` is none of these.
    """

    def __init__(self, data_preprocessor: dict | nn.Module | None = None, init_cfg: dict | None = None,
                 chroma_from: str | None = None, chroma: str = 'observed') -> None:
        if chroma not in CHROMA:
            raise ValueError(f'chroma must be one of {CHROMA}, got {chroma!r}')
        preprocessor = data_preprocessor or dict(type='FusionDataPreprocessor')
        if isinstance(preprocessor, dict):
            preprocessor = MODELS.build(preprocessor)
        super().__init__(data_preprocessor=preprocessor, init_cfg=init_cfg)
        self.chroma_from, self.chroma = chroma_from, chroma

    def forward(self, inputs: Inputs, data_samples: Samples | None = None,
                mode: str = 'tensor') -> dict[str, torch.Tensor] | Samples | FusionOutput:
        """Dispatch to :meth:`loss`, :meth:`predict` or :meth:`_forward`.

        Args:
            inputs: Modality to batched observation, in the order of the sources.
            data_samples: Labels and metainfo; ``loss`` needs them.
            mode: ``loss``, ``predict`` or ``tensor``.

        Raises:
            ValueError: If the mode is none of these, or ``loss`` has no data samples.
        """
        if mode not in MODES:
            raise ValueError(f'mode must be one of {MODES}, got {mode!r}')
        if mode == 'tensor':
            return self._forward(inputs)
        if mode == 'predict':
            return self.predict(inputs, data_samples)
        if data_samples is None:
            raise ValueError("mode 'loss' needs data_samples with gt_sources, got None")
        return self.loss(inputs, data_samples)

    @abstractmethod
    def loss(self, inputs: Inputs, data_samples: Samples) -> dict[str, torch.Tensor]:
        """Return losses (names with ``loss``) and values to log (names without)."""

    @torch.no_grad()
    def predict(self, inputs: Inputs, data_samples: Samples | None = None) -> Samples:
        """Fill the data samples with restored sources, weights and the fused image, clamped to [0, 1].

        Args:
            inputs: Modality to batched observation.
            data_samples: With ``chroma`` where a source has colour; None = new, grey ones.

        Returns:
            The samples with ``pred_sources``, ``pred_fused``, ``fused_image`` and ``observed``, and ``pred_weights``
            where the fused image is a weighted sum of pixels.

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
            if output.weights is not None:
                sample.pred_weights = output.weights[i]
            sample.observed = {name: observation.y[i] for name, observation in inputs.items()}
            name = self._colour_source(sample, tuple(inputs))
            sample.fused_image = fused[i] if name is None else colourise(fused[i], sample.chroma[name])
        return data_samples

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

    @abstractmethod
    def _forward(self, inputs: Inputs) -> FusionOutput:
        """Return the result of the reverse process."""
