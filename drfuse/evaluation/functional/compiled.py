"""Modules of compiled loops, which need the optional Numba; without it the same is done in NumPy."""

from functools import cache
from importlib import import_module
from types import ModuleType


@cache
def compiled_module(name: str) -> ModuleType | None:
    """Return a module of this package with compiled functions, or ``None`` if it cannot be had.

    That is so if Numba is not installed, not for this NumPy, or finds no place to keep what it compiles.
    """
    try:
        return import_module(f'{__package__}.{name}')
    except (ImportError, RuntimeError):
        return None
