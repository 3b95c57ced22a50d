"""What memory there is, by the machine's and the container's own account."""

import pytest
import torch

from drfuse.apis.tiling import available_memory, is_out_of_memory, memory, window_budget


@pytest.fixture
def account(tmp_path, monkeypatch):
    def write(free, limit='max', used=0):
        (tmp_path / 'meminfo').write_text(f'MemTotal: 99 kB\nMemAvailable:  {free} kB\n')
        (tmp_path / 'memory.max').write_text(f'{limit}\n')
        (tmp_path / 'memory.current').write_text(f'{used}\n')
        monkeypatch.setattr(memory, '_MEMINFO', tmp_path / 'meminfo')
        monkeypatch.setattr(memory, '_CGROUP', tmp_path)
    return write


def test_the_smaller_account_counts(account):
    account(4096)
    assert available_memory() == 4096 * 1024
    account(4096, limit=3 << 20, used=1 << 20)
    assert available_memory() == 2 << 20


def test_without_an_account_two_gibibytes_are_assumed(tmp_path, monkeypatch):
    for name in ('_MEMINFO', '_CGROUP'):
        monkeypatch.setattr(memory, name, tmp_path / 'none')
    assert available_memory() == 2 << 30


def test_the_budget_is_a_share_of_what_is_left(account):
    account(1 << 20)  # 1 GiB
    assert window_budget(512) == (1 << 29) // 512
    assert window_budget(512, kept=1 << 29) == (1 << 28) // 512
    assert window_budget(512, kept=1 << 40) == 0
    account(1 << 26)
    assert window_budget(512) == memory.MOST // 512
    assert window_budget(512, most=None) == (1 << 35) // 512


def test_results_count_but_leave_some_room(account):
    account(1 << 26)
    assert window_budget(512, kept=1 << 30) == (memory.MOST - (1 << 30)) // 512
    assert window_budget(512, kept=memory.MOST) == memory.ROOM // 512


@pytest.mark.parametrize(('free', 'most', 'released'), [(1 << 22, memory.MOST, 0), (1 << 18, memory.MOST, 1),
                                                        (1 << 22, None, 1)])
def test_what_earlier_pictures_left_counts_as_free(account, monkeypatch, free, most, released):
    calls = []
    monkeypatch.setattr(memory, 'release_heap', lambda: calls.append(account(2 * free)))
    account(free)
    assert window_budget(1, most=most) == min(1024 * free * (1 + released) // 2, most or 1 << 50)
    assert len(calls) == released


def test_this_machine_has_some_memory():
    assert available_memory() > 1 << 20


@pytest.mark.parametrize(('error', 'expected'), [
    (MemoryError(), True), (torch.OutOfMemoryError('CUDA out of memory. Tried'), True),
    (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), True),
    (RuntimeError('mat1 and mat2 shapes'), False), (ValueError('out of memory'), False)])
def test_running_out_of_memory_is_told_apart(error, expected):
    assert is_out_of_memory(error) is expected
