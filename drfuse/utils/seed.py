"""Randomness by name: every random draw comes from a key, never from a global state."""

import hashlib

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
