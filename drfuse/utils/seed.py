"""Randomness by name: every random draw comes from a key, never from a global state."""

import hashlib
import math
from collections.abc import Sequence

import torch

from drfuse.utils.typing import Range


def keyed_generator(*key: str | int) -> torch.Generator:
    """Return a generator whose stream depends on the key alone.

    The same key gives the same stream in every process, worker and run; keys that differ in any
    part give independent streams.

    Args:
        key: Strings and integers that name the draw, for example ``(seed, epoch, index, 'crop')``.

    Returns:
        A CPU generator.
    """
    digest = hashlib.blake2b(repr(key).encode(), digest_size=8).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, 'little') >> 1)


def checked_range(value: Range, name: str, low: float = 0.0) -> Range:
    """Return a parameter that may be drawn, if it is one.

    Args:
        value: A number, or ``(low, high)``.
        name: What it is, for the error message.
        low: Smallest value allowed.

    Raises:
        ValueError: If it is not finite, not one or two numbers in order, or too small.
    """
    several = isinstance(value, Sequence) and not isinstance(value, str)
    numbers = list(value) if several else [value]
    if len(numbers) != 1 + several or not all(isinstance(v, int | float) for v in numbers):
        raise ValueError(f'{name} must be a number or (low, high) with low <= high, got {value!r}')
    if not all(v >= low for v in numbers):  # NaN, too
        raise ValueError(f'{name} must be >= {low:g}, got {value}')
    if numbers[0] > numbers[-1] or not all(math.isfinite(v) for v in numbers):
        raise ValueError(f'{name} must be a finite number or (low, high) with low <= high, got {value}')
    return value


def uniform(value: Range, generator: torch.Generator | None,
            name: str = 'value') -> torch.Tensor:
    """Draw one value from ``(low, high)``, or return the fixed value.

    Args:
        value: A number, or ``(low, high)`` with ``low <= high``.
        generator: Source of randomness; may be ``None`` for a fixed number.
        name: What is drawn, for the error message.

    Returns:
        Tensor of shape (1,), float64.

    Raises:
        ValueError: If a range is given without a generator, or is not ``(low, high)``.
    """
    if isinstance(value, int | float):
        return torch.tensor([float(value)], dtype=torch.float64)
    if len(value) != 2 or value[0] > value[1]:
        raise ValueError(f'{name} must be a number or (low, high) with low <= high, got {value}')
    if generator is None:
        raise ValueError(f'{name} is drawn from {tuple(value)}: pass a torch.Generator, or fix it to one number')
    u = torch.rand(1, generator=generator, dtype=torch.float64)
    return value[0] + (value[1] - value[0]) * u
