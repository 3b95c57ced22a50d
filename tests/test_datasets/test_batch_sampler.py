from itertools import islice

import pytest
from mmengine.dataset import DefaultSampler

from drfuse.datasets.batch_sampler import KeyedBatchSampler
from drfuse.datasets.sample_rng import SampleKey
from drfuse.registry import DATA_SAMPLERS


def build(length=20, batch_size=4, rank=0, world=1, shuffle=True, seed=7, **options):
    sampler = DefaultSampler(range(length), shuffle=shuffle, seed=seed)
    sampler.rank, sampler.world_size = rank, world
    return KeyedBatchSampler(sampler, batch_size, **options)


def test_an_epoch_is_a_permutation_named_by_epoch_batch_and_seed():
    sampler = build()
    sampler.set_epoch(3)
    batches = list(sampler)
    assert len(batches) == len(sampler) == 5
    assert sorted(key.index for batch in batches for key in batch) == list(range(20))
    assert all(key[:2] == (3, number) and key.seed == 7 for number, batch in enumerate(batches) for key in batch)
    assert all(isinstance(key, SampleKey) for key in batches[0])


def test_the_order_depends_on_epoch_and_seed_and_not_on_the_batch_size():
    def order(**options):
        sampler = build(**{k: v for k, v in options.items() if k != 'epoch'})
        sampler.set_epoch(options.get('epoch', 0))
        return [key.index for batch in sampler for key in batch]

    assert order() == order() == order(batch_size=2)
    assert order() != order(epoch=1)
    assert order() != order(seed=8)
    assert order(shuffle=False) == list(range(20))


@pytest.mark.parametrize('world', [2, 4])
@pytest.mark.parametrize('drop_last', [True, False])
def test_ranks_together_see_the_batches_of_one_process(world, drop_last):
    length = 22 if drop_last else 20 + world
    whole = list(build(length, 8, drop_last=drop_last))
    ranks = [list(build(length, 8 // world, rank, world, drop_last=drop_last)) for rank in range(world)]
    assert {len(batches) for batches in ranks} == {len(whole)}
    assert [sum(parts, []) for parts in zip(*ranks, strict=True)] == whole
    assert all(parts for parts in ranks[0])


def test_drop_last():
    assert [len(batch) for batch in build(10, 4)] == [4, 4]
    assert [len(batch) for batch in build(10, 4, drop_last=False)] == [4, 4, 2]


def test_resume_in_mid_epoch_continues_with_the_next_batch_once():
    sampler = build()
    whole = list(sampler)
    sampler.set_start(3)
    assert list(sampler) == whole[3:]
    assert list(sampler) == whole
    sampler.set_start(5)
    assert list(sampler) == []


def test_infinite_mode_walks_through_the_epochs_from_any_position():
    epochs = []
    for epoch in range(3):
        sampler = build()
        sampler.set_epoch(epoch)
        epochs += list(sampler)
    endless = build(infinite=True)
    assert list(islice(endless, 15)) == epochs
    endless.set_start(7)
    assert list(islice(endless, 8)) == epochs[7:]
    assert len(endless) == 5


def test_epoch_set_after_iter_does_not_change_a_running_epoch():
    sampler = build()
    running = iter(sampler)
    sampler.set_epoch(5)
    assert next(running)[0].epoch == 0


def test_is_built_as_mmengine_does_and_reached_by_its_epoch_hook():
    inner = DATA_SAMPLERS.build(dict(type='DefaultSampler', shuffle=True), default_args=dict(dataset=range(9), seed=1))
    outer = DATA_SAMPLERS.build(dict(type='KeyedBatchSampler'), default_args=dict(sampler=inner, batch_size=3))
    outer.sampler.set_epoch(2)
    assert next(iter(outer))[0][:2] == (2, 0)


@pytest.mark.parametrize(('options', 'message'), [
    (dict(length=3), r'3 samples are fewer than one batch of 4 \(1 x 4\): lower batch_size, or set drop_last=False'),
    (dict(length=6, world=2), r'6 samples are fewer than one batch of 8 \(2 x 4\)'),
    (dict(batch_size=0), 'batch_size must be an integer >= 1, got 0'),
    (dict(length=9, world=2, drop_last=False), 'leaves a last batch of 1 samples for 2 processes'),
])
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        build(**options)


@pytest.mark.parametrize('start', [-1, 6])
def test_start_outside_the_epoch(start):
    with pytest.raises(ValueError, match=rf'0\.\.5 batches of the epoch, got {start}'):
        build().set_start(start)
