import threading

import numpy as np
import pytest
import torch

from drfuse.evaluation.functional.strips import fill_framed, framed, parallel_map, row_strips, total


@pytest.mark.parametrize('workers', [1, 3])
def test_results_come_in_the_order_of_the_jobs(workers):
    assert list(parallel_map(lambda n: n * n, range(20), workers)) == [n * n for n in range(20)]


def test_several_threads_work_at_once():
    barrier = threading.Barrier(2, timeout=30)
    assert len(set(parallel_map(lambda _: (barrier.wait(), threading.get_ident())[1], range(2), 2))) == 2


def test_an_error_in_a_thread_arrives():
    with pytest.raises(ZeroDivisionError):
        list(parallel_map(lambda n: 1 // n, [1, 0], 2))


def test_strips_cover_all_rows_once():
    strips = row_strips(71, np.zeros(1), 32)
    assert [i for s in strips for i in range(s.start, s.stop)] == list(range(71))
    assert row_strips(71, torch.zeros(1)) == [slice(0, 71)]


@pytest.mark.parametrize('convert', [np.asarray, torch.from_numpy])
@pytest.mark.parametrize('rows', [slice(0, 4), slice(3, 8), slice(8, 10), slice(0, 10)])
def test_frames_hold_neighbours_inside_and_zeros_outside(rows, convert):
    x = np.arange(1., 71).reshape(10, 7)
    expected = np.pad(x, 2)[rows.start:rows.stop + 4]
    np.testing.assert_array_equal(framed(convert(x), rows, 2), expected)
    out = np.full(expected.shape, np.nan)
    fill_framed(out, x, rows, 2)
    np.testing.assert_array_equal(out, expected)


def test_partial_sums_add_up():
    assert total([(1, 10), (2, 20), (3, 30)]) == (6, 60)
