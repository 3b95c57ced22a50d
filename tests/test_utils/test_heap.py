"""The heap keeps what was freed, and only while it is asked to."""

import math
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from drfuse.utils import heap
from drfuse.utils.heap import kept_heap, release_heap


class Library:
    def __init__(self, free=heap.SPARE + 1):
        self.calls = []
        if free is not None:
            self.mallinfo2 = lambda: SimpleNamespace(fordblks=free)

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


@pytest.mark.parametrize(('free', 'trims'), [(heap.SPARE, 0), (heap.SPARE + 1, 1), (None, 1)])
def test_what_the_next_picture_needs_stays(monkeypatch, free, trims):
    """A library that cannot tell how much is free gives all of it back."""
    library = Library(free)
    monkeypatch.setattr(heap, '_library', lambda: library)
    with kept_heap():
        pass
    assert library.calls.count('trim') == trims and (-1, heap.SPARE) in library.calls
    release_heap()
    assert library.calls.count('trim') == trims + 1


def test_other_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(heap, '_library', lambda: None)
    with kept_heap():
        assert float(torch.ones(3).sum()) == 3
    release_heap()


FAULTS = """
import resource, torch
from drfuse.utils.heap import kept_heap, release_heap
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def counted():
    before = faults()
    torch.ones(8 << 20)
    return faults() - before
with kept_heap():
    large, small = torch.empty(32 << 20), torch.ones(1000)
    del large
    print(min(counted() for _ in range(12)))
def apart():
    with kept_heap():
        return counted()
print(min(apart() for _ in range(12)))
release_heap()
print(apart())
"""


def test_a_large_block_takes_its_old_place():
    """In a process of its own, once something lies behind the block; the system may take pages back at any time."""
    if heap._library() is None:
        pytest.skip('not the GNU C library')
    done = subprocess.run([sys.executable, '-c', FAULTS], capture_output=True, text=True, check=True)
    inside, apart, released = map(int, done.stdout.split())
    assert inside < 2048 and released > 4096  # a fresh block has 8192 pages
    if heap._free_bytes(heap._library()) < math.inf:
        assert apart < 2048
