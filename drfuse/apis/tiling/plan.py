"""How a picture is divided: tiles, the windows that are computed for them, and how they are blended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import torch

from drfuse.degradations.window import Window

FEATHER = 8
"""Neighbouring tiles are blended over this many pixels to each side of the line between them."""
MIN_SIDE = 32
"""Side of the smallest tile, in pixels."""


@dataclass(frozen=True)
class TilePlan:
    """Tiles of about equal size, or with windows of about equal size.

    Attributes:
        image_shape: (H, W).
        side: Largest side of a tile, in pixels.
        halo: Pixels around a tile that are computed with it, because its own depend on them.
        multiple: Windows start and end on multiples of it, or at the end of the image: the least common multiple of
            the low-resolution factors and of the network's own.
        even: Tiles are of about equal size; False: windows are, so that tiles at the border of the image, which need
            less around them, are larger than ``side`` by that.
    """

    image_shape: tuple[int, int]
    side: int
    halo: int
    multiple: int
    even: bool = True

    def tiles(self) -> list[Window]:
        """Return the tiles, row by row; they cover the image without overlap."""
        margin = 0 if self.even else -(-(self.halo + FEATHER) // self.multiple) * self.multiple
        rows, columns = (_edges(size, self.side, margin, self.multiple) for size in self.image_shape)
        return [Window(*row, *column) for row in pairwise(rows) for column in pairwise(columns)]

    def needed(self, tile: Window) -> Window:
        """Return the part of the result that a tile contributes to, where it is blended with its neighbours."""
        return tile.grown(FEATHER, self.image_shape)

    def window(self, needed: Window) -> Window:
        """Return what is to be computed, so that the result is right within ``needed``."""
        wide, m = needed.grown(self.halo, self.image_shape), self.multiple
        height, width = self.image_shape
        return Window(wide.top // m * m, min(-(-wide.bottom // m) * m, height),
                      wide.left // m * m, min(-(-wide.right // m) * m, width))

    @cached_property
    def _common(self) -> tuple[int, int]:
        """Height and width, multiples, that no window of a tile exceeds."""
        shapes = [self.window(self.needed(tile)).shape for tile in self.tiles()]
        height, width = (-(-max(sides) // self.multiple) * self.multiple for sides in zip(*shapes, strict=True))
        return height, width

    def widened(self, window: Window) -> Window:
        """Return a window of a tile with some more of the picture, so that all have one shape, or nearly.

        Images of one shape take the place of those before them in memory, and filters are made once; blocks of many
        sizes leave gaps, and in the end need twice as much. Where tiles are even it would cost too much: they stay.
        """
        if self.even:
            return window
        spans = zip(((window.top, window.bottom), (window.left, window.right)), self._common, self.image_shape,
                    strict=True)
        return Window(*(edge for span, side, size in spans for edge in _longer(*span, side, size, self.multiple)))

    def weight(self, tile: Window) -> torch.Tensor:
        """Return the weight (h, w) of a tile over :meth:`needed`; over all tiles they sum to 1 at every pixel."""
        rows = _ramp(tile.top, tile.bottom, self.image_shape[0])
        columns = _ramp(tile.left, tile.right, self.image_shape[1])
        return rows[:, None] * columns

    def __iter__(self) -> Iterator[Window]:
        return iter(self.tiles())


def _edges(size: int, side: int, margin: int, multiple: int) -> list[int]:
    """Return the lines between tiles, on multiples, and the ends; a tile at an end is longer by about ``margin``."""
    inside = max(size - 2 * margin, 0)
    count = max(-(-inside // max(side, MIN_SIDE)), 1)
    inner = {round((margin + i * inside / count) / multiple) * multiple for i in range(1, count)}
    return [0, *sorted(edge for edge in inner if 0 < edge < size), size]


def _longer(start: int, stop: int, side: int, size: int, multiple: int) -> tuple[int, int]:
    """Return a span of at least ``side``, with ends on multiples or at 0 and ``size``, as far as there is room."""
    stop = min(max(stop, start + side), size)
    return max(min(start, (stop - side) // multiple * multiple), 0), stop


def _ramp(start: int, stop: int, size: int) -> torch.Tensor:
    """Return the weight along one axis: it rises and falls linearly over the lines that are no end of the image."""
    low = start if start == 0 else start - FEATHER
    high = stop if stop == size else stop + FEATHER
    position = torch.arange(max(low, 0), min(high, size)) + 0.5
    weight = torch.ones_like(position)
    if start > 0:
        weight = weight * ((position - start) / (2 * FEATHER) + 0.5).clamp(0, 1)
    if stop < size:
        weight = weight * (0.5 - (position - stop) / (2 * FEATHER)).clamp(0, 1)
    return weight
