import pytest
import torch

from drfuse.structures import FusionDataSample


@pytest.fixture
def sample():
    """A predicted pair: a low-resolution infrared and a colour visible image."""
    generator = torch.Generator().manual_seed(0)
    sample = FusionDataSample(metainfo=dict(stem='pair', modalities=('ir', 'vis')))
    sample.pred_sources = torch.rand(2, 96, 128, generator=generator)
    sample.pred_fused = torch.rand(1, 96, 128, generator=generator)
    sample.pred_weights = torch.rand(2, 96, 128, generator=generator)
    sample.observed = dict(ir=torch.rand(1, 24, 32, generator=generator),
                           vis=torch.rand(1, 96, 128, generator=generator))
    sample.fused_image = torch.rand(3, 96, 128, generator=generator)
    return sample
