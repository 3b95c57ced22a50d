import torch

from drfuse.datasets.transforms import PackFusionInputs, SynthesizeObservations
from drfuse.structures import FusionDataSample, rgb_to_ycbcr

POOL = [dict(type='AveragePool', factor=2)]


def test_inputs_and_sample(results):
    made = SynthesizeObservations()(results(degradations=dict(vis=POOL)))
    packed = PackFusionInputs()(made)
    assert set(packed) == {'inputs', 'data_samples'}
    assert list(packed['inputs']) == ['ir', 'vis']
    sample = packed['data_samples']
    assert isinstance(sample, FusionDataSample)
    assert sample.metainfo == dict(stem='a', modalities=('ir', 'vis'), data='files', image_shape=(20, 30),
                                   paths=dict(ir='i.png', vis='v.png'))
    assert torch.equal(sample.gt_sources[0], made['images']['ir'][0])
    torch.testing.assert_close(sample.gt_sources[1:], rgb_to_ycbcr(made['images']['vis'])[0])
    assert torch.equal(sample.observed['vis'], packed['inputs']['vis'].y[0])
    assert sample.chroma['vis'].shape == (2, 10, 15)


def test_clean_chroma_is_nowhere(results):
    made = SynthesizeObservations()(results(degradations=dict(vis=POOL)))
    sample = PackFusionInputs()(made)['data_samples']
    fields = {'gt_sources', 'chroma', 'observed'}
    assert set(sample.keys()) == fields
    assert sample.gt_sources.shape == (2, 20, 30)
    assert all(c.shape != (2, 20, 30) for c in sample.chroma.values())


def test_without_clean_images_there_are_no_labels(results):
    made = SynthesizeObservations()(results())
    del made['images']
    made.update(paths={}, observed_paths=dict(ir='x.png', vis='y.png'))
    sample = PackFusionInputs()(made)['data_samples']
    assert 'gt_sources' not in sample
    assert sample.paths == dict(ir='x.png', vis='y.png')


def test_no_degradation_means_no_difference(results):
    packed = PackFusionInputs()(SynthesizeObservations()(results()))
    for i, observation in enumerate(packed['inputs'].values()):
        assert torch.equal(observation.y[0, 0], packed['data_samples'].gt_sources[i])
