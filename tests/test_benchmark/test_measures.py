"""Parts measure what they say; all together they are in test_suite.py."""

import pytest

from drfuse.benchmark import measures
from drfuse.benchmark.measures import Bench, Plan


@pytest.fixture
def bench(tmp_path):
    return Bench(Plan(size=(32, 48), small=(32, 48), repeats=1, steps=(1, 3), many=(2, 5)), tmp_path)


def test_the_reverse_process_takes_longer_with_more_steps(bench):
    found = measures.steps(bench)
    assert found['steps'] == [1, 3] and found['fit']['slope'] > 0
    assert found['seconds'][1] > found['seconds'][0]


def test_forms_are_compared_with_the_eager_one():
    found = measures._over_eager({'eager float32': 4.0, 'fast': 2.0, 'compiled': None}, (32, 48))
    assert found['speedups'] == {'eager float32': 1.0, 'fast': 2.0, 'compiled': None} and found['size'] == [32, 48]


def test_memory_is_named_by_the_number_of_pairs(bench, monkeypatch):
    monkeypatch.setattr(measures, 'memory_of_set', lambda folder, number, size: 100.0 + number)
    assert measures.many(bench) == {'2': 102.0, '5': 105.0}


def test_a_network_that_cannot_be_compiled_has_no_time(bench, monkeypatch):
    def refuse(*args):
        raise RuntimeError('no compiler')

    monkeypatch.setattr(measures.torch, 'compile', refuse)
    assert measures._compiled(bench, None, (32, 48)) is None
