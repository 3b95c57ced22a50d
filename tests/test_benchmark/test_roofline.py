"""Rates are work over time."""

import time

import pytest

from drfuse.benchmark.roofline import _rate


def test_the_fastest_run_counts():
    naps = iter([0, 0, 0.05, 0.01, 0.05])
    assert _rate(lambda: time.sleep(next(naps)), 1e9, 3) == pytest.approx(100, rel=0.3)
