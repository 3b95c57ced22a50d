"""Sizes of a pair: one integer factor between a low-resolution source and the full size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from drfuse.estimation import infer_factor
from drfuse.utils.config import UserError

MAX_FACTOR = 16
"""Largest low-resolution factor."""

Size = tuple[int, int]


class Factor(NamedTuple):
    """How a source lost resolution.

    Attributes:
        value: Integer factor, 1 = full size.
        border: ``'partial'`` or ``'drop'``, as of :class:`~drfuse.degradations.AveragePool`.
    """

    value: int
    border: str


def find_factor(full: Size, small: Size) -> Factor | None:
    """Return the integer factor between two sizes, None if there is none up to :data:`MAX_FACTOR`.

    Both sides of ``small`` must be those of ``full`` divided by the factor and rounded up (a partial cell at the
    border is kept), or both rounded down (it was dropped).

    Args:
        full: (H, W).
        small: (h, w).
    """
    try:
        value, border = infer_factor(small, full)
    except ValueError:
        return None
    return Factor(value, border) if value <= MAX_FACTOR else None


def settle_sizes(sizes: Sequence[Size], scales: Sequence[int | None],
                 names: Sequence[str]) -> tuple[Size, list[Factor]]:
    """Return the full size of a pair and the factor of each source.

    Args:
        sizes: (h, w) of each source as given.
        scales: Factor of each source if it is known, None if the sizes are to tell.
        names: How messages call the sources.

    Raises:
        UserError: If the sizes do not fit each other by an integer factor; the message suggests what to do.
    """
    full_size = [size for size, scale in zip(sizes, scales, strict=True) if scale in (None, 1)]
    if full_size:
        full = max(reversed(full_size), key=lambda size: size[0] * size[1])
    else:
        (h, w), scale = max(zip(sizes, scales, strict=True), key=lambda item: item[0][0] * item[1])
        full = (h * scale, w * scale)
    factors = []
    for size, scale, name in zip(sizes, scales, names, strict=True):
        found = find_factor(full, size) if scale is None else _given_factor(full, size, scale)
        if found is None:
            raise UserError(_mismatch(size, scale, name, full, names[sizes.index(full)] if full in sizes else None))
        factors.append(found)
    return full, factors


def _given_factor(full: Size, small: Size, value: int) -> Factor | None:
    if small == (-(-full[0] // value), -(-full[1] // value)):
        return Factor(value, 'partial')
    return Factor(value, 'drop') if small == (full[0] // value, full[1] // value) else None


def _mismatch(size: Size, scale: int | None, name: str, full: Size, other: str | None) -> str:
    quotient = scale or min(MAX_FACTOR, max(1, round((full[0] * full[1] / (size[0] * size[1])) ** 0.5)))
    wanted = (-(-full[0] // quotient), -(-full[1] // quotient))
    by = f'the scale {scale}' if scale else f'an integer factor up to {MAX_FACTOR}'
    if scale and size == full:
        return f'{name} is {_text(size)} (height x width), the full size of the pair: its scale is 1, not {scale}'
    whole = f'{other} is {_text(full)}' if other else f'the full size is {_text(full)}'
    return (f'{name} is {_text(size)} and {whole} (height x width): they must show the same view and differ by {by}; '
            f'crop or resize {name} to {_text(wanted)}')


def _text(size: Size) -> str:
    return f'{size[0]} x {size[1]}'
