"""Runs alternate, lines are fitted, processes are measured."""

import pytest

from drfuse.benchmark.timing import alternate, linear_fit, median, run_process


def test_functions_run_in_turn_and_warm_ups_do_not_count():
    order = []
    times = alternate(dict(a=lambda: order.append('a'), b=lambda: order.append('b')), repeats=2, warm_up=1)
    assert order == ['a', 'b', 'b', 'a', 'a', 'b']  # every other round backwards
    assert {name: len(t) for name, t in times.items()} == dict(a=2, b=2)
    with pytest.raises(ValueError, match='repeats must be >= 1, got 0'):
        alternate({}, 0)


def test_a_line_is_found_and_a_curve_is_told_from_it():
    fit = linear_fit([1, 2, 4], [3, 5, 9])
    assert fit.slope == pytest.approx(2) and fit.offset == pytest.approx(1) and fit.r2 == pytest.approx(1)
    assert linear_fit([1, 2, 4, 8], [1, 4, 16, 64]).r2 < 0.99
    with pytest.raises(ValueError, match='two points'):
        linear_fit([1], [1])


def test_median():
    assert median([3, 1, 2]) == 2


def test_memory_and_exit_code_of_a_process():
    small = run_process('print("out")')
    large = run_process('x = bytearray(200 << 20); x[::4096] = b"1" * len(x[::4096]); raise SystemExit(3)')
    assert (small.code, small.output) == (0, 'out\n') and large.code == 3
    assert 180 < large.peak_mib - small.peak_mib < 260
