"""Torch on one thread, for functions that bring threads of their own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_lock = threading.Lock()
_users: list[int] = []
"""Number of threads to return to, once for everyone inside."""


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Let every operation of torch run on the thread that calls it.

    The number of threads is a setting of the process: it comes back when the last of several users has left.
    """
    with _lock:
        _users.append(_users[0] if _users else torch.get_num_threads())
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _lock:
            before = _users.pop()
            if not _users:
                torch.set_num_threads(before)
