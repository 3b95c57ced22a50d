import numpy as np
import pytest

from drfuse.evaluation.functional import warm_memory
from drfuse.evaluation.functional.warm_memory import release, warm_empty


@pytest.fixture(autouse=True)
def clean():
    release()
    yield
    release()


def address(x):
    return x.__array_interface__['data'][0]


def test_memory_comes_back_when_its_last_view_is_gone():
    first = warm_empty((3, 1000))
    where, view = address(first), first[1:, ::2]
    view[...] = 7
    del first
    second = warm_empty((2, 1500))
    assert address(second) != where and (view == 7).all()
    del view
    assert address(warm_empty((2900,))) == where


def test_arrays_are_ordinary():
    x = warm_empty((4, 5, 6))
    assert x.shape == (4, 5, 6) and x.dtype == np.float64 and x.flags.writeable and x.flags.c_contiguous
    x[...] = 1
    assert x.view(complex).shape == (4, 5, 3) and x.sum() == 120


def test_much_larger_memory_is_not_taken():
    where = address(warm_empty((1000,)))
    assert address(warm_empty((400,))) != where


def test_only_so_much_is_kept(monkeypatch):
    monkeypatch.setattr(warm_memory, 'LIMIT', 10_000)
    held = [warm_empty((1000,)) for _ in range(3)]
    del held
    assert sum(memory.nbytes for memory in warm_memory._free.values()) == 8000
    warm_empty((2000,))  # more than the limit alone
    assert sum(memory.nbytes for memory in warm_memory._free.values()) <= 10_000
    release()
    assert not warm_memory._free


@pytest.mark.parametrize('size', [1, 1000, 100_001])
def test_memory_begins_at_a_cache_line(size):
    held = [warm_empty((size,)) for _ in range(4)]
    assert all(address(x) % 64 == 0 and len(x) == size for x in held)
