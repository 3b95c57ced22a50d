"""Memory that is freed stays with the process for a while, where the C library lets it be told."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

# malloc.h of the GNU C library
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4
_KEPT = 2**31 - 1
_MMAP_LARGE, _MMAPS, _TRIMMED = 32 << 20, 65536, 64 << 20
"""What the library's own settings come to once a large block has been freed."""
SPARE = 640 << 20
"""Up to so many bytes stay with the process behind the outermost context: a picture of 1024 x 768 takes 500 MiB, and
what others left may be among it."""


_depth = 0


@contextmanager
def kept_heap() -> Iterator[None]:
    """Keep freed memory for what comes next, while the context lasts; contexts may be nested.

    The GNU C library maps blocks above 32 MiB anew each time and gives them back when they are freed: for the images
    of a network, faults of fresh pages then take longer than the arithmetic on them. Elsewhere nothing happens. If more
    than :data:`SPARE` is free behind the outermost context, it goes back to the system; less is there for the next
    picture, see :func:`release_heap`. The setting is that of the whole process, whose library from then on trims the
    heap's end at that size.
    """
    global _depth  # noqa: PLW0603 - as the setting
    library = _library()
    if library is None:
        yield
        return
    _depth += 1
    library.mallopt(_MMAP_MAX, 0)
    library.mallopt(_TRIM_THRESHOLD, _KEPT)
    try:
        yield
    finally:
        _depth -= 1
        if not _depth:
            library.mallopt(_MMAP_MAX, _MMAPS)
            library.mallopt(_MMAP_THRESHOLD, _MMAP_LARGE)
            library.mallopt(_TRIM_THRESHOLD, SPARE)
            if _free_bytes(library) > SPARE:
                library.malloc_trim(_TRIMMED)


def release_heap() -> None:
    """Give the memory that is free in the heap back to the system, for whoever needs more than the next picture."""
    library = _library()
    if library is not None:
        library.malloc_trim(0)


class _Statistics(ctypes.Structure):
    """``struct mallinfo2`` of malloc.h."""

    _fields_ = [(name, ctypes.c_size_t) for name in ('arena', 'ordblks', 'smblks', 'hblks', 'hblkhd', 'usmblks',
                                                     'fsmblks', 'uordblks', 'fordblks', 'keepcost')]


def _free_bytes(library: ctypes.CDLL) -> float:
    """Return what is free in the heap; infinite where the library, before version 2.33, cannot tell."""
    try:
        count = library.mallinfo2
    except AttributeError:
        return math.inf
    count.restype = _Statistics
    return count().fordblks


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL | None:
    """Return the C library of this process if it is GNU's."""
    try:
        library = ctypes.CDLL(None)
        return library if library.gnu_get_libc_version and library.mallopt and library.malloc_trim else None
    except (AttributeError, OSError, TypeError):
        return None
