"""Registered image pairs, degraded on the way to the model. All randomness is named by keys."""

from drfuse.datasets.batch_sampler import KeyedBatchSampler
from drfuse.datasets.data_root import set_data_root
from drfuse.datasets.embedded import EmbeddedPairs
from drfuse.datasets.mixed_fusion_dataset import MixedFusionDataset
from drfuse.datasets.paired_fusion_dataset import PairedFusionDataset
from drfuse.datasets.presets import (
    HarvardCTMRIDataset,
    HarvardPETMRIDataset,
    HarvardSPECTMRIDataset,
    M3FDDataset,
    RoadSceneDataset,
)
from drfuse.datasets.sample_rng import SampleKey, SampleRNG

__all__ = ['EmbeddedPairs', 'HarvardCTMRIDataset', 'HarvardPETMRIDataset', 'HarvardSPECTMRIDataset',
           'KeyedBatchSampler', 'M3FDDataset', 'MixedFusionDataset', 'PairedFusionDataset', 'RoadSceneDataset',
           'SampleKey', 'SampleRNG', 'set_data_root']
