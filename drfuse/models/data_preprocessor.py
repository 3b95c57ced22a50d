"""From a collated batch to stacked observations on the model's device."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.model import BaseDataPreprocessor

from drfuse.degradations.degradation import Observation
from drfuse.registry import MODELS
from drfuse.structures import FusionDataSample


@MODELS.register_module()
class FusionDataPreprocessor(BaseDataPreprocessor):
    """Stack the observations of every modality and move the batch to the device.

    Images are float32 in [0, 1] already and stay so. Operators that differ in kind, factor or size cannot be
    stacked: the error lists them.
    """

    def forward(self, data: Mapping[str, Any], training: bool = False) -> dict[str, Any]:
        """Return the batch a model takes.

        Args:
            data: ``inputs``: modality to list of single observations, or to one stacked observation;
                ``data_samples`` (optional): list of :class:`FusionDataSample`.
            training: Not used; both modes are alike.

        Returns:
            ``inputs``: modality to :class:`Observation`, in the given order; ``data_samples``: list or None.

        Raises:
            ValueError: If the modalities, or inputs and data samples, differ in number of samples.
        """
        inputs = {name: self._stack(items) for name, items in data['inputs'].items()}
        samples = data.get('data_samples')
        counts = {name: len(observation.y) for name, observation in inputs.items()}
        if samples is not None:
            counts['data_samples'] = len(samples)
            samples = [move_sample(sample, self.device) for sample in samples]
        if len(set(counts.values())) != 1:
            raise ValueError(f'a batch needs the same number of samples everywhere, got {counts}')
        return dict(inputs=inputs, data_samples=samples)

    def _stack(self, items: Observation | Sequence[Observation]) -> Observation:
        observation = items if isinstance(items, Observation) else Observation.stack(items)
        return observation.to(self.device)


def move_sample(sample: FusionDataSample, device: torch.device | str) -> FusionDataSample:
    """Return a copy of the sample on ``device``, the tensors inside its dict fields included."""
    moved = sample.to(device)
    for name, value in sample.items():
        if isinstance(value, dict):
            moved.set_field({k: v.to(device) for k, v in value.items()}, name, dtype=dict)
    return moved
