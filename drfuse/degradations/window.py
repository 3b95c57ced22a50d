"""Rectangular windows of an image: what a large picture is cut into."""

from __future__ import annotations

from typing import NamedTuple

import torch

from drfuse.utils.typing import ImageShape


class Window(NamedTuple):
    """Rows ``top`` to ``bottom - 1`` and columns ``left`` to ``right - 1``.

    Attributes:
        top: First row.
        bottom: Row behind the last.
        left: First column.
        right: Column behind the last.
    """

    top: int
    bottom: int
    left: int
    right: int

    @staticmethod
    def whole(image_shape: ImageShape) -> Window:
        """Return the window of the whole image."""
        return Window(0, image_shape[0], 0, image_shape[1])

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.bottom - self.top, self.right - self.left

    def cut(self, image: torch.Tensor) -> torch.Tensor:
        """Return the window of an image (..., H, W), not copied."""
        return image[..., self.top:self.bottom, self.left:self.right]

    def inside(self, outer: Window) -> Window:
        """Return this window in the coordinates of a window that contains it."""
        return Window(self.top - outer.top, self.bottom - outer.top, self.left - outer.left, self.right - outer.left)

    def grown(self, margin: int, image_shape: ImageShape) -> Window:
        """Return the window with ``margin`` pixels more to each side, as far as the image reaches."""
        return Window(max(self.top - margin, 0), min(self.bottom + margin, image_shape[0]),
                      max(self.left - margin, 0), min(self.right + margin, image_shape[1]))

    def observed(self, stride: int, image_shape: ImageShape, observation_shape: ImageShape) -> Window:
        """Return the window of the observation that shows this window of the image.

        Args:
            stride: Image pixels from one observed pixel to the next.
            image_shape: (H, W).
            observation_shape: (h, w).

        Raises:
            ValueError: If the window leaves the image, or does not start and end on observed pixels.
        """
        (height, width), (h, w) = image_shape, observation_shape
        if not (0 <= self.top < self.bottom <= height and 0 <= self.left < self.right <= width):
            raise ValueError(f'{self} is not inside an image of {tuple(image_shape)}')
        ends = [end for end, size in ((self.bottom, height), (self.right, width)) if end < size]
        if any(edge % stride for edge in (self.top, self.left, *ends)):
            raise ValueError(f'{self} must start and end on multiples of {stride}, or at the end of the image')
        return Window(self.top // stride, h if self.bottom == height else self.bottom // stride,
                      self.left // stride, w if self.right == width else self.right // stride)


def spread_windows(image_shape: ImageShape, number: int, side: int, multiple: int) -> list[Window]:
    """Return ``number`` x ``number`` windows, the outer ones at the borders; fewer if they coincide.

    Args:
        image_shape: (H, W).
        number: Windows along each axis, at least 2.
        side: Side in pixels, rounded up to ``multiple``; the image may be smaller.
        multiple: Windows start at multiples of it, and end there or at the end of the image.
    """
    axes = []
    for size in image_shape:
        length = -(-side // multiple) * multiple
        last = max(-(-(size - length) // multiple), 0)
        starts = sorted({round(i * last / (number - 1)) * multiple for i in range(number)})
        axes.append([(start, min(start + length, size)) for start in starts])
    return [Window(*rows, *columns) for rows in axes[0] for columns in axes[1]]
