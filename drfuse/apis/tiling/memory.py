"""How much memory there is, how much a window takes, and what running out of it looks like."""

from __future__ import annotations

import math
from pathlib import Path

import torch

from drfuse.utils.heap import release_heap

SHARE, MOST, ROOM = 0.5, 7 << 28, 1 << 29
"""Of what is free, the part that windows may take; the most bytes that windows and results may take together where
tiles change nothing, and what windows may take in any case: larger ones are faster, as fewer pixels are computed twice,
but a large picture has large results already."""
_UNKNOWN = 2 << 30
_MEMINFO = Path('/proc/meminfo')
_CGROUP = Path('/sys/fs/cgroup')
_MESSAGES = ("can't allocate memory", 'out of memory', 'DefaultCPUAllocator', 'Unable to allocate')


def available_memory(device: torch.device | str = 'cpu') -> int:
    """Return the free memory in bytes, of the GPU for a CUDA device, else of the machine or its container.

    Where the operating system does not tell, 2 GiB are assumed.
    """
    device = torch.device(device)
    if device.type == 'cuda':
        return int(torch.cuda.mem_get_info(device)[0])
    free = [value for value in (_machine_memory(), _container_memory()) if value is not None]
    return min(free, default=_UNKNOWN)


def _machine_memory() -> int | None:
    try:
        lines = _MEMINFO.read_text(encoding='ascii').splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith('MemAvailable:')), None)


def _container_memory() -> int | None:
    """Return what the control group leaves (version 2)."""
    try:
        limit, used = ((_CGROUP / f'memory.{name}').read_text(encoding='ascii').strip() for name in ('max', 'current'))
    except OSError:
        return None
    return None if limit == 'max' else max(int(limit) - int(used), 0)


def window_budget(bytes_per_pixel: int, device: torch.device | str = 'cpu', kept: int = 0,
                  most: int | None = MOST) -> int:
    """Return how many pixels a window may have.

    Args:
        bytes_per_pixel: What a window takes at its peak.
        device: Where it is computed.
        kept: Bytes of the same memory that are still to be taken for the results.
        most: Bytes that a window and the results may take; None = all of its share, for what should not be cut.
    """
    limit = math.inf if most is None else max(most - kept, ROOM)
    share = _share(device, kept)
    if share < limit and torch.device(device).type == 'cpu':
        release_heap()  # what earlier pictures left there is free as well
        share = _share(device, kept)
    return int(min(share, limit)) // bytes_per_pixel


def _share(device: torch.device | str, kept: int) -> int:
    return int(SHARE * max(available_memory(device) - kept, 0))


def side_for(budget: int, margin: int) -> int:
    """Return the side of tiles whose windows, ``margin`` wider on each side, have up to ``budget`` pixels."""
    return math.isqrt(max(budget, 1)) - 2 * margin


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that there was not enough memory, on the CPU or a GPU."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in _MESSAGES)
