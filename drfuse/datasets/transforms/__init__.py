"""Steps of a data pipeline: dict in, dict out; randomness comes from ``results['rng']``, by way of ``step_streams``."""

from drfuse.datasets.transforms.geometry import PairedCrop, PairedFlip, PairedRot90, PairedScale
from drfuse.datasets.transforms.loading import LoadModalities
from drfuse.datasets.transforms.packing import PackFusionInputs
from drfuse.datasets.transforms.photometry import RandomTone
from drfuse.datasets.transforms.synthesis import AttachObservations, SynthesizeObservations

__all__ = ['AttachObservations', 'LoadModalities', 'PackFusionInputs', 'PairedCrop', 'PairedFlip', 'PairedRot90',
           'PairedScale', 'RandomTone', 'SynthesizeObservations']
