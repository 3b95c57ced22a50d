"""The benchmark measures what it says, on images small enough for a test."""

import re
import sys

import numpy as np
import pytest


@pytest.fixture
def tool(load_tool):
    return load_tool('analysis_tools/benchmark_metrics.py')


def test_the_report(tool, monkeypatch, capsys):
    monkeypatch.setattr(tool.torch, 'set_num_threads', lambda threads: None)
    monkeypatch.setattr(sys, 'argv', ['x', '--size', '48', '64', '--repeats', '2', '--workers', '1'])
    tool.main()
    lines = capsys.readouterr().out.splitlines()
    assert re.match('64 x 48 pixels, 1 threads, 2 repeats, (compiled loops|loops in NumPy)', lines[0])
    assert all(any(name in line for line in lines) for name in ('QMI', 'QNCIE', 'QABF', 'QP', 'QCB', 'QW'))
    text = ' '.join(lines)
    for library in ('scipy', 'torch'):
        assert float(re.search(rf'72 transforms by {library}.fft: .*? take ([\d.]+) times', text)[1]) > 0


def test_both_sides_of_the_ratio_are_timed_equally_often(tool):
    times = tool.compare_with_transforms((40, 48), 1, 3)
    assert list(times) == ['six metrics', tool.FIRST, 'scipy.fft', 'torch.fft']
    assert all(len(x) == 3 and min(x) > 0 for x in times.values())


def test_the_transforms_are_72(tool, monkeypatch):
    calls = []
    monkeypatch.setattr(tool.scipy.fft, 'ifft2', lambda x, workers: calls.append((x.shape, workers)))
    tool.transforms(8, 6, 2)()
    assert calls == [((8, 6), 2)] * 72


def test_memory_counts_what_is_allocated(tool):
    assert 7.9 < tool.peak_memory(lambda: np.ones(2**20)) < 9
