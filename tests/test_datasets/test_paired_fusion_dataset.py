from itertools import islice

import pytest
import torch
from mmcv import imwrite
from mmengine.dataset import DefaultSampler, pseudo_collate
from torch.utils.data import DataLoader

from drfuse.datasets import KeyedBatchSampler, PairedFusionDataset, SampleKey
from drfuse.datasets.image_io import read_image
from drfuse.utils.paths import share_root

PREFIX = dict(ir='{split}/ir', vis='{split}/vi')
NOISE = [dict(type='GaussianNoise', sigma=(0.02, 0.1))]
TRAIN = [dict(type='LoadModalities'), dict(type='PairedCrop', size=[8, 16]), dict(type='PairedFlip'),
         dict(type='SynthesizeObservations'), dict(type='PackFusionInputs')]
TEST = [TRAIN[0], *TRAIN[3:]]


def build(root, pipeline=TRAIN, **options):
    return PairedFusionDataset(**dict(dict(data_root=str(root), data_prefix=PREFIX, pipeline=pipeline,
                                           degradations=dict(ir=NOISE, vis=NOISE)), **options))


def loader(dataset, workers, rank=0, world=1, batch_size=4, epoch=0, start=0):
    sampler = DefaultSampler(dataset, seed=5)
    sampler.rank, sampler.world_size = rank, world
    batches = KeyedBatchSampler(sampler, batch_size)
    batches.set_epoch(epoch)
    batches.set_start(start)
    return DataLoader(dataset, batch_sampler=batches, num_workers=workers, collate_fn=pseudo_collate,
                      persistent_workers=workers > 0)


def tensors(batch):
    """Return everything of a batch that was computed, with its stems."""
    samples = batch['data_samples']
    parts = [o.y for observations in batch['inputs'].values() for o in observations]
    parts += [o.sigma for observations in batch['inputs'].values() for o in observations]
    return [s.stem for s in samples], parts + [s.gt_sources for s in samples] + [s.chroma['vis'] for s in samples]


def assert_same(first, second):
    (stems, parts), (other_stems, other_parts) = tensors(first), tensors(second)
    assert stems == other_stems
    assert all(torch.equal(a, b) for a, b in zip(parts, other_parts, strict=True))


@pytest.fixture
def eight(pairs):
    return pairs([f'{i:02d}' for i in range(8)])


def test_an_item_has_observations_labels_and_facts(pairs):
    root = pairs()
    item = build(root, TEST)[1]
    assert list(item['inputs']) == ['ir', 'vis']
    assert item['inputs']['vis'].y.shape == (1, 1, 24, 32)
    sample = item['data_samples']
    assert (sample.stem, sample.modalities, sample.image_shape, sample.data) == ('b', ('ir', 'vis'), (24, 32), 'files')
    assert sample.paths['vis'] == str(root / 'train/vi/b.png')
    assert sample.gt_sources.shape == (2, 24, 32)
    assert set(sample.chroma) == {'vis'}


def test_order_of_modalities_is_that_of_the_prefix(pairs):
    dataset = build(pairs(), TEST, data_prefix=dict(vis='train/vi', ir='train/ir'), degradations=None)
    assert list(dataset[0]['inputs']) == ['vis', 'ir']


def test_three_modalities(pairs):
    prefix = dict(ir='train/ir', vis='train/vi', nir='train/ir')
    item = build(pairs(), TEST, data_prefix=prefix, degradations=None)[0]
    assert item['data_samples'].gt_sources.shape == (3, 24, 32)
    assert torch.equal(item['inputs']['nir'].y[0, 0], item['data_samples'].gt_sources[2])


def test_metainfo_says_where_the_pixels_come_from(pairs):
    root = pairs()
    meta = build(root, metainfo=dict(site='roof')).metainfo
    assert meta == dict(modalities=('ir', 'vis'), split='train', data='files', data_root=str(root), site='roof')


@pytest.mark.parametrize('epoch', [0, 1])
def test_workers_do_not_change_a_batch(eight, epoch):
    dataset = build(eight)
    for alone, shared in zip(loader(dataset, 0, epoch=epoch), loader(dataset, 2, epoch=epoch), strict=True):
        assert_same(alone, shared)


def test_persistent_workers_follow_the_epoch(eight):
    dataset = build(eight)
    workers = loader(dataset, 2)
    first = list(workers)
    workers.batch_sampler.set_epoch(1)
    for got, wanted in zip(workers, loader(dataset, 0, epoch=1), strict=True):
        assert_same(got, wanted)
    assert tensors(first[0])[0] != tensors(next(iter(loader(dataset, 0, epoch=1))))[0]


def test_resume_continues_with_the_same_batches(eight):
    dataset = build(eight)
    whole = list(loader(dataset, 0, batch_size=2))
    for got, wanted in zip(loader(dataset, 0, batch_size=2, start=2), whole[2:], strict=True):
        assert_same(got, wanted)


def test_two_processes_see_what_one_sees(eight):
    dataset = build(eight)
    whole = list(loader(dataset, 0))
    halves = [list(loader(dataset, 0, rank, world=2, batch_size=2)) for rank in (0, 1)]
    for batch, first, second in zip(whole, *halves, strict=True):
        joined = {key: first['inputs'][key] + second['inputs'][key] for key in first['inputs']}
        assert_same(batch, dict(inputs=joined, data_samples=first['data_samples'] + second['data_samples']))


def test_draws_change_from_epoch_to_epoch_and_with_the_seed_of_the_run(pairs):
    dataset = build(pairs(), [TRAIN[0], *TRAIN[3:]])
    base = dataset[SampleKey(0, 0, 0)]['inputs']['ir'].y
    assert torch.equal(dataset[0]['inputs']['ir'].y, base)
    assert not torch.equal(dataset[SampleKey(1, 0, 0)]['inputs']['ir'].y, base)
    assert not torch.equal(dataset[SampleKey(0, 0, 0, seed=1)]['inputs']['ir'].y, base)


def test_validation_noise_follows_the_stem_and_nothing_else(pairs):
    root = pairs(['a', 'b', 'c'])
    dataset = build(root, TEST, test_mode=True)
    noisy = dataset[1]['inputs']['ir']
    for other in (dataset[SampleKey(9, 9, 1, 9)], build(root, TEST, test_mode=True, indices=[1])[0]):
        assert torch.equal(other['inputs']['ir'].y, noisy.y)
        assert torch.equal(other['inputs']['ir'].sigma, noisy.sigma)
    assert not torch.equal(build(root, TEST, test_mode=True, seed=1)[1]['inputs']['ir'].y, noisy.y)
    assert not torch.equal(dataset[0]['inputs']['ir'].sigma, noisy.sigma)


def test_list_file_selects_and_orders(pairs):
    root = pairs()
    (root / 'train.txt').write_text('c\na.png\n')
    dataset = build(root, ann_file='{split}.txt')
    assert [dataset.get_data_info(i)['stem'] for i in range(len(dataset))] == ['c', 'a']


def test_csv_file_names_the_pairs(pairs):
    root = pairs()
    (root / 'l.csv').write_text('ir,vis\ntrain/ir/a.png,train/vi/b.png\n')
    sample = build(root, TEST, ann_file='l.csv')[0]['data_samples']
    assert sample.stem == 'a'
    assert sample.paths['vis'] == str(root / 'train/vi/b.png')


def test_indices_take_a_part(pairs):
    root = pairs()
    assert len(build(root, indices=2)) == 2
    assert build(root, indices=[2]).get_data_info(0)['stem'] == 'c'


def test_channels_replace_the_stored_ones(pairs):
    root = pairs(ir_channels=3)
    stored = build(root, TEST)[0]
    assert set(stored['data_samples'].chroma) == {'vis'}  # the infrared is grey in three channels
    assert build(root, TEST, channels=dict(vis=1))[0]['data_samples'].chroma == {}


def test_crop_size_is_a_key_of_the_dataset(pairs):
    pipeline = [TRAIN[0], dict(type='PairedCrop'), *TRAIN[3:]]
    assert build(pairs(), pipeline, crop_size=12)[0]['data_samples'].image_shape == (12, 12)
    with pytest.raises(ValueError, match='the crop size must be an integer >= 1 or a list'):
        build(pairs(), pipeline, crop_size=0)


def test_a_degradation_may_have_its_own_solver(pairs):
    stages = dict(stages=[dict(type='AveragePool', factor=2)], pinv_solver=dict(type='CGPinv'))
    item = build(pairs(), TEST, degradations=dict(ir=stages))[0]
    assert item['inputs']['ir'].y.shape == (1, 1, 12, 16)
    assert torch.equal(item['inputs']['vis'].y[0, 0], item['data_samples'].gt_sources[1])


def test_observed_files_are_attached(pairs):
    root = pairs()
    pairs(split='degraded', root=root)
    pipeline = [dict(type='LoadModalities'), dict(type='AttachObservations'), dict(type='PackFusionInputs')]
    observed = dict(ir='degraded/ir', vis='degraded/vi')
    noise = [dict(type='GaussianNoise', sigma=0.1)]
    item = build(root, pipeline, observed_prefix=observed, degradations=dict(ir=noise))[0]
    stored = torch.from_numpy(read_image(root / 'degraded/ir/a.png').astype('f4')) / 255
    torch.testing.assert_close(item['inputs']['ir'].y[0, 0], stored)
    assert item['inputs']['ir'].sigma.item() == pytest.approx(0.1)
    alone = build(root, pipeline, data_prefix={}, observed_prefix=observed, degradations={})[0]
    assert 'gt_sources' not in alone['data_samples']
    assert alone['data_samples'].paths['ir'].endswith('degraded/ir/a.png')


@pytest.mark.parametrize(('options', 'message'), [
    (dict(data_root=None), 'data_root is None: name the folder'),
    (dict(data_prefix={}), 'data_prefix must name at least one modality'),
    (dict(degradations=dict(ir=[], nir=[])), r"degradations names the unknown modality 'nir'; allowed are \['ir', "),
    (dict(channels=dict(nir=1)), "channels names the unknown modality 'nir'"),
    (dict(channels=dict(ir=2)), "channels of 'ir' must be 1 or 3, got 2"),
    (dict(observed_prefix=dict(ir='x')), r"observed_prefix must name \('ir', 'vis'\), got \('ir',\)"),
])
def test_wrong_arguments(pairs, options, message):
    root = pairs()
    with pytest.raises(ValueError, match=message):
        build(**dict(dict(root=root), **options))


def test_incomplete_sets(pairs):
    root = pairs()
    with pytest.raises(FileNotFoundError, match='no folder .*test/ir'):
        build(root, split='test')
    imwrite(read_image(root / 'train/ir/a.png'), str(root / 'train/ir/z.png'))
    with pytest.raises(ValueError, match='1 of .*train/ir without a partner in .*train/vi: z'):
        build(root)


def test_default_folder_may_be_stood_in_for_only_while_it_is_absent(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    embedded = dict(task='ivf', data_root='data/X', num=3, size=(32, 48))
    dataset = build('data/X', TEST, embedded=embedded)
    assert dataset.metainfo['data'] == 'embedded-synthetic'
    assert dataset.metainfo['data_root'] is None
    assert dataset[0]['data_samples'].data == 'embedded-synthetic'
    assert len(dataset) == 3
    with pytest.raises(FileNotFoundError, match='no folder foo/train/ir'):
        build('foo', embedded=embedded)
    (tmp_path / 'data/X').mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match='no folder data/X/train/ir'):
        build('data/X', embedded=embedded)


def test_without_a_folder_pairs_are_generated(pairs):
    dataset = build(pairs(), TEST, data_root=None, data_prefix=None, degradations=None,
                    embedded=dict(task='mif', num=2, size=(32, 32)))
    assert list(dataset[0]['inputs']) == ['pet', 'mri']
    with pytest.raises(ValueError, match=r"embedded task 'mif' has the modalities \('pet', 'mri'\), but data_prefix"):
        build(pairs(), data_root=None, embedded=dict(task='mif'))


def test_real_pairs(shared_dir):
    root = shared_dir / 'data/roadscene'
    dataset = build(root, [TRAIN[0], dict(type='PairedCrop', size=256), *TRAIN[2:]])
    assert len(dataset) == 181
    for batch in islice(loader(dataset, 0), 2):
        assert all(o.y.shape == (1, 1, 256, 256) for o in batch['inputs']['ir'])


def test_a_list_of_drfuse_itself(pairs):
    stems = (share_root() / 'splits/roadscene_val.txt').read_text().split()
    root = pairs([*stems, 'another'])
    dataset = build(root, TEST, ann_file='splits/roadscene_val.txt')
    assert [dataset.get_data_info(i)['stem'] for i in range(len(dataset))] == stems
