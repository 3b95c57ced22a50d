"""Work on arrays by several threads of this process, for functions that let go of Python's lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

import torch

_WORTH = 1 << 17
"""Values below which handing work to threads takes longer than they save."""

Item = TypeVar('Item')
Result = TypeVar('Result')


def in_threads(function: Callable[[Item], Result], items: Sequence[Item], values: int) -> list[Result]:
    """Return the result of every item, computed by up to as many threads as PyTorch works with.

    Args:
        function: Of one item; it must not call this function.
        items: What to work on.
        values: How many numbers all of them hold.
    """
    workers = min(torch.get_num_threads(), len(items))
    if workers < 2 or values < _WORTH:  # noqa: PLR2004
        return [function(item) for item in items]
    return list(_pool(os.getpid(), torch.get_num_threads()).map(function, items))


@lru_cache(maxsize=1)
def _pool(process: int, workers: int) -> ThreadPoolExecutor:
    """Return threads of this process: those of its parent do not live in it."""
    return ThreadPoolExecutor(workers, 'drfuse')


def bands(size: int, number: int) -> list[tuple[int, int]]:
    """Return (first, last) of up to ``number`` parts of ``size`` rows that are as good as equal."""
    number = max(min(size, number), 1)
    edges = [size * i // number for i in range(number + 1)]
    return list(zip(edges, edges[1:], strict=False))
