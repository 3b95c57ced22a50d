"""Threads that share the work on arrays."""

import multiprocessing
import threading

import pytest
import torch

from drfuse.utils.threads import bands, in_threads


def squares(number):
    return in_threads(lambda x: x * x, range(number), 1 << 20)


@pytest.mark.parametrize('threads', [1, 2, 3])
def test_results_come_in_order(monkeypatch, threads):
    monkeypatch.setattr(torch, 'get_num_threads', lambda: threads)
    assert squares(20) == [x * x for x in range(20)] and squares(0) == []


def test_small_work_stays_where_it_is(monkeypatch):
    monkeypatch.setattr(torch, 'get_num_threads', lambda: 2)
    here = in_threads(lambda x: threading.current_thread(), range(2), 100)
    assert set(here) == {threading.current_thread()}
    assert threading.current_thread() not in in_threads(lambda x: threading.current_thread(), range(2), 1 << 20)


def test_errors_reach_the_caller(monkeypatch):
    monkeypatch.setattr(torch, 'get_num_threads', lambda: 2)
    with pytest.raises(ZeroDivisionError):
        in_threads(lambda x: 1 / x, [1, 0, 2], 1 << 20)


@pytest.mark.skipif('fork' not in multiprocessing.get_all_start_methods(), reason='the platform cannot fork')
def test_a_forked_process_has_threads_of_its_own(monkeypatch):
    monkeypatch.setattr(torch, 'get_num_threads', lambda: 2)
    squares(4)
    with multiprocessing.get_context('fork').Pool(1) as pool:
        assert pool.apply_async(squares, (4,)).get(timeout=60) == [0, 1, 4, 9]


@pytest.mark.parametrize(('size', 'number', 'expected'), [
    (10, 3, [(0, 3), (3, 6), (6, 10)]), (2, 5, [(0, 1), (1, 2)]), (4, 0, [(0, 4)]), (4, 1, [(0, 4)])])
def test_bands_cover_all_rows(size, number, expected):
    assert bands(size, number) == expected
