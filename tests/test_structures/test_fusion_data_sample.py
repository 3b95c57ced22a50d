"""The data sample keeps tensors and metainfo apart."""

import torch

from drfuse.structures import FusionDataSample


def test_fields_and_metainfo():
    sample = FusionDataSample(metainfo=dict(stem='a', data='files'))
    sample.pred_fused = torch.zeros(1, 4, 4)
    assert sample.stem == 'a'
    assert set(sample.to_dict()) >= {'pred_fused', 'stem'}
