"""From the results of a pipeline to what a model takes."""

from __future__ import annotations

from typing import Any

import torch
from mmcv.transforms import BaseTransform

from drfuse.datasets.transforms.synthesis import exact_double
from drfuse.registry import TRANSFORMS
from drfuse.structures import FusionDataSample, split_luma_chroma


@TRANSFORMS.register_module()
class PackFusionInputs(BaseTransform):
    """Pack observations as inputs, and everything else as a data sample.

    Required keys: ``modalities``, ``observations``, ``chroma``, ``stem``, ``paths``, ``observed_paths``,
    ``data``; ``images`` where clean sources exist.

    Returns:
        ``dict(inputs=dict[modality, Observation], data_samples=FusionDataSample)``. ``gt_sources`` is set
        only if there are clean sources; of these, only the luminance is kept.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Pack one sample."""
        observations = {name: results['observations'][name] for name in results['modalities']}
        first = next(iter(observations.values()))
        sample = FusionDataSample(metainfo=dict(
            stem=results['stem'], modalities=tuple(results['modalities']), data=results['data'],
            paths=dict(results['paths'] or results['observed_paths']), image_shape=tuple(first.A.image_shape)))
        if 'images' in results:
            # in double precision as the observations are, so that no degradation means no difference
            clean = [split_luma_chroma(exact_double(results['images'][name]))[0] for name in results['modalities']]
            sample.gt_sources = torch.cat(clean).float()
        sample.observed = {name: observation.y[0] for name, observation in observations.items()}
        sample.chroma = dict(results['chroma'])
        return dict(inputs=observations, data_samples=sample)

    def __repr__(self) -> str:
        return 'PackFusionInputs()'
