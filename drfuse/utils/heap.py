"""Memory that is freed stays with the process for a while, where the C library lets it be told."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

# malloc.h of the GNU C library
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4
_KEPT = 2**31 - 1
_MMAP_LARGE, _MMAPS, _TRIMMED = 32 << 20, 65536, 64 << 20
"""What the library's own settings come to once a large block has been freed."""


_depth = 0


@contextmanager
def kept_heap() -> Iterator[None]:
    """Keep freed memory for what comes next, while the context lasts; contexts may be nested.

    The GNU C library maps blocks above 32 MiB anew each time and gives them back when they are freed: for the images
    of a network, faults of fresh pages then take longer than the arithmetic on them. Elsewhere nothing happens. What
    was freed goes back to the system behind the outermost context. The setting is that of the whole process.
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
            library.mallopt(_TRIM_THRESHOLD, _TRIMMED)
            library.malloc_trim(_TRIMMED)


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL | None:
    """Return the C library of this process if it is GNU's."""
    try:
        library = ctypes.CDLL(None)
        return library if library.gnu_get_libc_version and library.mallopt and library.malloc_trim else None
    except (AttributeError, OSError, TypeError):
        return None
