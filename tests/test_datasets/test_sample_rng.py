import torch

from drfuse.datasets.sample_rng import SampleKey, SampleRNG, step_streams


def draw(generator):
    return torch.rand(3, generator=generator).tolist()


def test_sample_stream_depends_on_seed_epoch_index_and_name_only():
    base = draw(SampleRNG.for_training(SampleKey(1, 2, 3, 4)).sample('noise'))
    assert draw(SampleRNG.for_training(SampleKey(1, 9, 3, 4)).sample('noise')) == base
    for other in (SampleKey(0, 2, 3, 4), SampleKey(1, 2, 0, 4), SampleKey(1, 2, 3, 0)):
        assert draw(SampleRNG.for_training(other).sample('noise')) != base
    assert draw(SampleRNG.for_training(SampleKey(1, 2, 3, 4)).sample('crop')) != base


def test_batch_stream_is_shared_by_the_batch_and_changes_with_it():
    base = draw(SampleRNG.for_training(SampleKey(1, 2, 3)).batch('size'))
    assert draw(SampleRNG.for_training(SampleKey(1, 2, 8)).batch('size')) == base
    assert draw(SampleRNG.for_training(SampleKey(1, 3, 3)).batch('size')) != base
    assert draw(SampleRNG.for_training(SampleKey(1, 2, 3)).sample('size')) != base


def test_validation_depends_on_seed_and_stem():
    rng = SampleRNG.for_validation(0, 'x')
    assert not rng.training
    assert draw(rng.sample('noise')) == draw(SampleRNG.for_validation(0, 'x').sample('noise'))
    assert draw(rng.sample('noise')) != draw(SampleRNG.for_validation(0, 'y').sample('noise'))
    assert draw(rng.sample('noise')) != draw(SampleRNG.for_validation(1, 'x').sample('noise'))


def test_each_call_starts_the_stream_again():
    rng = SampleRNG.for_training(SampleKey(0, 0, 0))
    assert draw(rng.sample('a')) == draw(rng.sample('a'))


def test_steps_of_a_kind_draw_independently_and_the_first_as_ever():
    rng = SampleRNG.for_training(SampleKey(0, 0, 0))
    results = dict(rng=rng)
    first, other, second, third = (step_streams(results, kind) for kind in ('crop', 'flip', 'crop', 'crop'))
    draws = [draw(streams.sample('a')) for streams in (first, other, second, third)]
    assert draws[0] == draws[1] == draw(rng.sample('a'))
    assert len({tuple(d) for d in draws}) == 3
    assert draw(second.batch('size')) == draw(rng.batch('size'))  # sets of other pipelines share the batch
    assert results == dict(rng=rng, steps=dict(crop=3, flip=1))


def test_a_copy_of_the_results_counts_for_itself():
    results = dict(rng=SampleRNG.for_training(SampleKey(0, 0, 0)))
    step_streams(results, 'crop')
    copy = dict(results)
    assert step_streams(copy, 'crop').number == step_streams(results, 'crop').number == 2
