import pytest
import torch

from drfuse.datasets.sample_rng import SampleKey, SampleRNG
from drfuse.degradations import Degradation

FIRST = SampleKey(0, 0, 0)


@pytest.fixture
def results():
    """Return a function that makes the results of a pipeline after loading."""

    def make(size=(20, 30), key=FIRST, degradations=(), **extra):
        ramp = torch.arange(size[0] * size[1], dtype=torch.float32).reshape(1, *size) / (size[0] * size[1])
        colour = torch.rand((3, *size), generator=torch.Generator().manual_seed(0))
        stages = dict(dict(ir=(), vis=()), **dict(degradations))
        return dict(dict(stem='a', modalities=('ir', 'vis'), images=dict(ir=ramp, vis=colour), channels={},
                         rng=SampleRNG.for_training(key), paths=dict(ir='i.png', vis='v.png'), observed_paths={},
                         embedded=None, data='files', crop_sizes=None,
                         degradations={name: Degradation(s) for name, s in stages.items()}), **extra)

    return make
