import math

import pytest
import torch

from drfuse.evaluation.metrics.per_image_metric import PerImageMetric, mean_of_defined
from drfuse.structures import FusionDataSample


class Ramp(PerImageMetric):
    def measure_sample(self, sample):
        return {'ramp': sample['value'], 'twice': 2 * sample['value']}


def run(metric, values, stems=None):
    samples = [dict(value=value, **({'stem': stems[i]} if stems else {})) for i, value in enumerate(values)]
    metric.process(None, samples[:2])
    metric.process(None, samples[2:])
    return metric.evaluate(len(values))


def test_means_and_the_table():
    metric = Ramp()
    assert run(metric, [1., 2, 6], ['x', 'y', 'z']) == {'ramp': 3, 'twice': 6}
    assert metric.per_image == {'x': {'ramp': 1, 'twice': 2}, 'y': {'ramp': 2, 'twice': 4},
                                'z': {'ramp': 6, 'twice': 12}}
    assert run(metric, [5.], ['w']) == {'ramp': 5, 'twice': 10}
    assert set(metric.per_image) == {'w'}


def test_samples_without_a_stem_are_numbered():
    metric = Ramp()
    run(metric, [1., 2, 6])
    assert set(metric.per_image) == {'0', '1', '2'}


def test_undefined_values_are_counted_not_averaged():
    metrics = run(Ramp(), [1., math.nan, 3])
    assert metrics == {'ramp': 2, 'ramp/undefined': 1, 'twice': 4, 'twice/undefined': 1}
    metrics = run(Ramp(), [math.nan])
    assert math.isnan(metrics['ramp']) and metrics['ramp/undefined'] == 1


def test_a_prefix_stands_before_every_name():
    assert run(Ramp(prefix='noise'), [1.]) == {'noise/ramp': 1, 'noise/twice': 2}


def test_mean_of_defined():
    assert mean_of_defined([1., math.nan, 2]) == (1.5, 1)
    assert mean_of_defined([0.1] * 10) == (pytest.approx(0.1, abs=0), 0)


def shard(rank, world, port, queue):
    """One of several ranks with its part of 5 samples, the last one filled up as a distributed sampler does."""
    torch.distributed.init_process_group('gloo', init_method=f'tcp://127.0.0.1:{port}', rank=rank, world_size=world)
    order = [0, 1, 2, 3, 4, 0]
    metric = Ramp()
    for index in order[rank::world]:
        sample = FusionDataSample(metainfo=dict(stem=f's{index}', value=float(10**index)))
        metric.process(None, [sample.to_dict()])
    queue.put((rank, metric.evaluate(5), sorted(metric.per_image)))
    torch.distributed.destroy_process_group()


@pytest.mark.slow
def test_uneven_shards_are_exact():
    import socket
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    context = torch.multiprocessing.get_context('fork')
    queue = context.Queue()
    ranks = [context.Process(target=shard, args=(rank, 2, port, queue)) for rank in range(2)]
    for process in ranks:
        process.start()
    answers = dict((rank, (metrics, stems)) for rank, metrics, stems in (queue.get(timeout=120) for _ in ranks))
    for process in ranks:
        process.join()
    assert answers[0] == ({'ramp': 11111 / 5, 'twice': 22222 / 5}, ['s0', 's1', 's2', 's3', 's4'])
    assert answers[1][0] == answers[0][0]
