import pytest
import torch
from mmengine.dataset import pseudo_collate

from drfuse.models import FusionDataPreprocessor
from drfuse.models.data_preprocessor import move_sample
from drfuse.registry import MODELS
from drfuse.structures import FusionDataSample


def item(make_observation, index, size=(16, 20)):
    sample = FusionDataSample(metainfo=dict(stem=f'{index}'))
    sample.gt_sources = torch.full((2, *size), index / 10)
    sample.chroma = dict(vis=torch.full((2, 4, 5), 0.5))
    inputs = {name: make_observation(f'{name}{index}', size=size) for name in ('vis', 'ir')}
    return dict(inputs=inputs, data_samples=sample)


def test_stacks_in_the_order_of_the_modalities(make_observation):
    items = [item(make_observation, i) for i in range(3)]
    batch = MODELS.build(dict(type='FusionDataPreprocessor'))(pseudo_collate(items), training=True)
    assert list(batch['inputs']) == ['vis', 'ir']
    for name, observation in batch['inputs'].items():
        assert torch.equal(observation.y, torch.cat([i['inputs'][name].y for i in items]))
        assert observation.sigma.shape == (3, 1, 1, 1)
    assert [s.stem for s in batch['data_samples']] == ['0', '1', '2']


def test_stacked_observations_without_samples(make_observation):
    stacked = make_observation('ir', batch=2)
    batch = FusionDataPreprocessor()(dict(inputs=dict(ir=stacked)))
    assert torch.equal(batch['inputs']['ir'].y, stacked.y)
    assert batch['data_samples'] is None


def test_everything_moves_to_the_device(make_observation):
    preprocessor = FusionDataPreprocessor().to('meta')
    batch = preprocessor(pseudo_collate([item(make_observation, 0)]))
    sample = batch['data_samples'][0]
    tensors = [batch['inputs']['ir'].y, batch['inputs']['ir'].sigma, sample.gt_sources, sample.chroma['vis']]
    assert all(t.device.type == 'meta' for t in tensors)


def test_the_given_sample_stays_where_it_was(make_observation):
    sample = item(make_observation, 0)['data_samples']
    moved = move_sample(sample, 'meta')
    assert sample.chroma['vis'].device.type == 'cpu'
    assert moved.chroma['vis'].device.type == 'meta'
    assert moved.stem == '0'


def test_numbers_of_samples_are_compared(make_observation):
    data = pseudo_collate([item(make_observation, i) for i in range(2)])
    data['data_samples'].pop()
    with pytest.raises(ValueError, match=r"got \{'vis': 2, 'ir': 2, 'data_samples': 1\}"):
        FusionDataPreprocessor()(data)


def test_sizes_are_compared(make_observation):
    data = pseudo_collate([item(make_observation, 0), item(make_observation, 1, size=(8, 8))])
    with pytest.raises(ValueError, match='different shapes'):
        FusionDataPreprocessor()(data)
