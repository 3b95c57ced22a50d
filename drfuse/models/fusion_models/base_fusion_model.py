"""Mode dispatch of a fusion model, nothing else."""

from abc import abstractmethod

import torch
from mmengine.model import BaseModel
from torch import nn

from drfuse.degradations.degradation import Observation
from drfuse.diffusion.output import FusionOutput
from drfuse.registry import MODELS
from drfuse.structures import FusionDataSample

Inputs = dict[str, Observation]
Samples = list[FusionDataSample]

MODES = ('loss', 'predict', 'tensor')


class BaseFusionModel(BaseModel):
    """Base of all fusion models.

    Args:
        data_preprocessor: Config or module; None = ``dict(type='FusionDataPreprocessor')``.
        init_cfg: MMEngine initialisation config.
    """

    def __init__(self, data_preprocessor: dict | nn.Module | None = None, init_cfg: dict | None = None) -> None:
        preprocessor = data_preprocessor or dict(type='FusionDataPreprocessor')
        if isinstance(preprocessor, dict):
            preprocessor = MODELS.build(preprocessor)
        super().__init__(data_preprocessor=preprocessor, init_cfg=init_cfg)

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

    @abstractmethod
    def predict(self, inputs: Inputs, data_samples: Samples | None = None) -> Samples:
        """Return one filled data sample per image."""

    @abstractmethod
    def _forward(self, inputs: Inputs) -> FusionOutput:
        """Return the result of the reverse process."""
