import pytest
import torch

from drfuse.datasets import MixedFusionDataset, SampleKey

PIPELINE = [dict(type='LoadModalities'), dict(type='PairedCrop', size=8), dict(type='SynthesizeObservations'),
            dict(type='PackFusionInputs')]
SHARED = dict(type='PairedFusionDataset', pipeline=PIPELINE,
              degradations=dict(ir=[dict(type='GaussianNoise', sigma=0.1)]))


def part(root, **options):
    return dict(data_root=str(root), data_prefix=dict(ir='train/ir', vis='train/vi'), **options)


@pytest.fixture
def mixed(pairs, tmp_path):
    first, second = pairs(('a', 'b'), root=tmp_path / 'first'), pairs(('c', 'd', 'e'), root=tmp_path / 'second')
    return MixedFusionDataset([part(first), part(second)], repeats=[2, 1], shared=SHARED)


def test_length_order_and_facts(mixed, tmp_path):
    assert len(mixed) == 7
    assert [mixed[i]['data_samples'].stem for i in range(7)] == ['a', 'b', 'a', 'b', 'c', 'd', 'e']
    assert mixed.metainfo['data'] == 'files' and mixed.metainfo['modalities'] == ('ir', 'vis')
    assert mixed.metainfo['data_root'] == f'{tmp_path / "first"},{tmp_path / "second"}'
    mixed.full_init()


def test_a_repeated_pair_is_drawn_anew_and_a_key_names_the_draw(mixed):
    def y(index, epoch=0):
        return mixed[SampleKey(epoch, 0, index)]['inputs']['ir'].y

    assert torch.equal(y(0), y(0)) and not torch.equal(y(0), y(2)) and not torch.equal(y(0), y(0, epoch=1))


@pytest.mark.parametrize(('options', 'text'), [
    (dict(datasets=[]), 'needs at least one dataset, got none'),
    (dict(repeats=[1]), 'needs 2 repeats >= 1, got'),
    (dict(repeats=[1, 0]), 'needs 2 repeats >= 1, got'),
])
def test_mistakes_are_named(pairs, options, text):
    root = pairs()
    with pytest.raises(ValueError, match=text):
        MixedFusionDataset(**dict(dict(datasets=[part(root), part(root)], shared=SHARED), **options))


def test_parts_must_have_the_same_modalities(pairs):
    root = pairs()
    other = dict(part(root), data_prefix=dict(pet='train/ir', mri='train/vi'), degradations={})
    with pytest.raises(ValueError, match='must agree in modalities'):
        MixedFusionDataset([part(root), other], shared=SHARED)
