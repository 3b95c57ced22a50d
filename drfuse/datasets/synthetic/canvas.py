"""A pair of registered pictures that is painted from far to near."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drfuse.datasets.synthetic.textures import Array, Size, blend, fractal_noise, soft

Colour = tuple[float, float, float]
Window = tuple[slice, slice]


@dataclass
class Patch:
    """The part of a canvas around one object.

    Attributes:
        window: Rows and columns of it.
        x: Columns relative to the object's foot, in units of the object's height.
        y: Height above the foot, same unit.
        pixel: Size of a pixel in that unit.
    """

    window: Window
    x: Array
    y: Array
    pixel: float

    def box(self, left: float, right: float, bottom: float, top: float, round_off: float = 0.0) -> Array:
        """Return an anti-aliased rectangle with rounded corners."""
        dx = np.abs(self.x - (left + right) / 2) - (right - left) / 2 + round_off
        dy = np.abs(self.y - (bottom + top) / 2) - (top - bottom) / 2 + round_off
        outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
        return soft(outside + np.minimum(np.maximum(dx, dy), 0) - round_off, self.pixel)

    def disc(self, x: float, y: float, rx: float, ry: float) -> Array:
        """Return an anti-aliased ellipse."""
        distance = np.hypot((self.x - x) / rx, (self.y - y) / ry) - 1
        return soft(distance * min(rx, ry), self.pixel)

    def glow(self, x: float, y: float, radius: float) -> Array:
        """Return a soft spot that ends at the radius."""
        return np.clip(1 - ((self.x - x) ** 2 + (self.y - y) ** 2) / radius ** 2, 0, None) ** 3


class Canvas:
    """The visible and the infrared picture of one scene, and what their textures are made of.

    Args:
        size: (H, W).
        rng: Source of everything random.

    Attributes:
        vis: (H, W, 3) reflected light in [0, 1].
        ir: (H, W) apparent temperature in [0, 1].
        y: Rows, (H, 1). x: Columns, (1, W).
        unit: Pixels per 1/256 of the height.
        coarse: Cloud-like noise. fine: Noise down to the pixel. leaves: Noise of the size of foliage.
    """

    def __init__(self, size: Size, rng: np.random.Generator) -> None:
        self.rng = rng
        self.size = size
        self.vis = np.zeros((*size, 3), np.float32)
        self.ir = np.zeros(size, np.float32)
        self.y = np.arange(size[0], dtype=np.float32)[:, None]
        self.x = np.arange(size[1], dtype=np.float32)[None]
        self.unit = size[0] / 256
        self.coarse = fractal_noise(size, rng, 1.5)
        self.fine = fractal_noise(size, rng, .45)
        self.leaves = fractal_noise(size, rng, .8)

    def noise(self, field: Array) -> Array:
        """Return a noise field rolled by a random offset, as good as a new one."""
        shift = self.rng.integers(0, min(self.size), 2)
        return np.roll(field, (int(shift[0]), int(shift[1])), (0, 1))

    def paint(self, mask: Array, vis: Array | Colour | None, ir: Array | float | None,
              window: Window = (slice(None), slice(None))) -> None:
        """Cover what lies behind; None leaves a picture as it is.

        Args:
            mask: (h, w) coverage in [0, 1].
            vis: Colour, or (h, w, 3).
            ir: Temperature, or (h, w).
            window: Where the mask lies.
        """
        if vis is not None:
            blend(self.vis[window], vis, mask)
        if ir is not None:
            blend(self.ir[window], ir, mask)

    def shine(self, light: Array, colour: Colour, window: Window) -> None:
        """Add light to the visible picture."""
        self.vis[window] += light[..., None] * np.asarray(colour, np.float32)

    def patch(self, foot: tuple[float, float], height: float, reach: tuple[float, float, float]) -> Patch | None:
        """Return the surroundings of an object, or None if they lie outside.

        Args:
            foot: (row, column) of the point where it stands.
            height: Pixels per unit.
            reach: How far it extends sideways, up and down, in units.
        """
        side, up, down = (r * height for r in reach)
        rows = slice(max(int(foot[0] - up), 0), min(int(foot[0] + down) + 2, self.size[0]))
        columns = slice(max(int(foot[1] - side), 0), min(int(foot[1] + side) + 2, self.size[1]))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return None
        return Patch((rows, columns), (self.x[:, columns] - foot[1]) / height, (foot[0] - self.y[rows]) / height,
                     1 / height)


def tinted(texture: Array, colour: Colour, contrast: float) -> Array:
    """Return a textured surface (h, w, 3) of the given mean colour."""
    return np.asarray(colour, np.float32) * (1 + contrast * texture)[..., None]
