"""Working through large arrays in strips of rows, on several threads.

A strip stays in the cache and its temporary arrays come from memory that is warm already; whole-image
temporaries cost more in page faults than in arithmetic. Tensors are taken whole.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import torch

from drfuse.evaluation.functional.arrays import A, Array, empty

Job = TypeVar('Job')
Result = TypeVar('Result')

_STRIP_ROWS = 32

# glibc raises the size above which it returns freed memory to the system when such memory is freed (at most 32 MiB).
# Without this the first images of a process spend as long in page faults as in arithmetic. Nothing is touched here.
np.empty(4_190_000)


def parallel_map(function: Callable[[Job], Result], jobs: Iterable[Job], workers: int) -> Iterator[Result]:
    """Apply ``function`` to every job, on ``workers`` threads, and yield the results in the order of the jobs."""
    if workers == 1:
        yield from map(function, jobs)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(function, jobs)


def row_strips(height: int, like: Array, rows: int = _STRIP_ROWS) -> list[slice]:
    """Return slices that cover ``height`` rows: strips for NumPy, everything at once for tensors."""
    if isinstance(like, torch.Tensor):
        return [slice(0, height)]
    return [slice(start, min(start + rows, height)) for start in range(0, height, rows)]


def framed(x: A, rows: slice, reach: int) -> A:
    """Return the rows of ``x`` with ``reach`` more on every side, zeros assumed outside the image.

    Args:
        x: (..., H, W).
        rows: Strip of output rows.
        reach: Rows above and below, columns left and right.

    Returns:
        (..., rows + 2 reach, W + 2 reach).
    """
    h, w = x.shape[-2:]
    out = empty((*x.shape[:-2], rows.stop - rows.start + 2 * reach, w + 2 * reach), x)
    fill_framed(out, x, rows, reach)
    return out


def fill_framed(out: A, x: A, rows: slice, reach: int) -> None:
    """Write what :func:`framed` returns into ``out``."""
    h, w = x.shape[-2:]
    top = rows.start - reach
    low, high = max(top, 0), min(rows.stop + reach, h)
    out[..., :low - top, :] = 0
    out[..., high - top:, :] = 0
    out[..., :reach] = 0
    out[..., reach + w:] = 0
    out[..., low - top:high - top, reach:reach + w] = x[..., low:high, :]


def total(parts: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Add tuples of partial sums term by term."""
    return tuple(sum(terms) for terms in zip(*parts, strict=True))
