"""The heap keeps what was freed, and only while it is asked to."""

import subprocess
import sys

import pytest
import torch

from drfuse.utils import heap
from drfuse.utils.heap import kept_heap


class Library:
    def __init__(self):
        self.calls = []

    def mallopt(self, *setting):
        self.calls.append(setting)

    def malloc_trim(self, pad):
        self.calls.append('trim')


def test_settings_are_put_back_whatever_happens(monkeypatch):
    library = Library()
    monkeypatch.setattr(heap, '_library', lambda: library)
    with pytest.raises(ValueError), kept_heap():
        assert library.calls == [(-4, 0), (-1, 2**31 - 1)]
        raise ValueError
    assert (-4, 65536) in library.calls and library.calls[-1] == 'trim'


def test_only_the_outermost_context_ends_it(monkeypatch):
    library = Library()
    monkeypatch.setattr(heap, '_library', lambda: library)
    with kept_heap():
        with kept_heap():
            pass
        assert 'trim' not in library.calls
    assert library.calls.count('trim') == 1


def test_other_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(heap, '_library', lambda: None)
    with kept_heap():
        assert float(torch.ones(3).sum()) == 3


FAULTS = """
import resource, torch
from drfuse.utils.heap import kept_heap
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
with kept_heap():
    large, small = torch.empty(64 << 20), torch.ones(1000)
    del large
    counts = []
    for _ in range(12):
        before = faults()
        torch.ones(16 << 20)
        counts.append(faults() - before)
print(min(counts))
"""


def test_a_large_block_takes_its_old_place():
    """In a process of its own, once something lies behind the block; the system may take pages back at any time."""
    if heap._library() is None:
        pytest.skip('not the GNU C library')
    done = subprocess.run([sys.executable, '-c', FAULTS], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 4096  # a fresh block has 16384 pages
