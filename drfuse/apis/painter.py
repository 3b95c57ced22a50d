"""From luminance to pictures with colour, strip by strip: large pictures take no more memory than their pixels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from drfuse.apis.picture import Picture
from drfuse.apis.prepare import PreparedPair
from drfuse.degradations.window import Window
from drfuse.models.chroma import RADIUS, colourise, restore_chroma

STRIP = 4 << 20
"""Pictures of up to so many pixels are made at once; larger ones in strips of about so many."""
_WINDOWS = 4  # windows of the chroma's fit that follow on each other


class LazyPictures(Mapping[str, Picture]):
    """Restored pictures that are painted when they are asked for, once.

    Args:
        painter: Paints them; its ``restored`` says which there are.
        forms: Name to the picture whose form each takes.
    """

    def __init__(self, painter: Painter, forms: Mapping[str, Picture]) -> None:
        self._painter, self._forms = painter, forms
        self._done: dict[str, Picture] = {}

    def __getitem__(self, name: str) -> Picture:
        """Return one picture."""
        if name not in self._done:
            self._done[name] = self._painter.paint(self._forms[name], self._painter.restored[name], name)
        return self._done[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._forms)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._forms)


@dataclass(frozen=True)
class Painter:
    """Gives luminance the chroma of a source.

    Attributes:
        pair: The sources.
        restored: Modality to restored luminance (1, H, W) in [0, 1].
        how: ``'guided'`` restores the chroma, ``'observed'`` takes it as it is.
        gray: No colours.
        strip: Pixels of a strip.
    """

    pair: PreparedPair
    restored: Mapping[str, torch.Tensor]
    how: str = 'guided'
    gray: bool = False
    strip: int = STRIP

    def has_colour(self, name: str) -> bool:
        """Whether pictures get the colour of this source."""
        return not self.gray and name in self.pair.chroma

    def paint(self, form: Picture, luma: torch.Tensor, name: str) -> Picture:
        """Return luminance as a picture.

        Args:
            form: Its pixel type, alpha and metadata are taken.
            luma: (1, H, W) in [0, 1].
            name: Source of the colour; grey if it has none.
        """
        pixels: np.ndarray | None = None
        for window, wide in self._strips(luma, name):
            image = window.inside(wide).cut(self._coloured(wide.cut(luma), wide, name))
            part = form.levels(image, self.gray)
            if pixels is None:
                pixels = np.empty((luma.shape[-2], *part.shape[1:]), part.dtype)
            pixels[window.top:window.bottom] = part
        return form.with_pixels(pixels)

    def _strips(self, luma: torch.Tensor, name: str) -> Iterator[tuple[Window, Window]]:
        """Yield strips, and what must be computed so that they are right."""
        shape = tuple(luma.shape[-2:])
        A = self.pair.inputs[name].A
        if not self.has_colour(name):
            stride, margin = 1, 0
        elif A.reach is None:
            yield Window.whole(shape), Window.whole(shape)
            return
        else:
            stride = A.stride
            margin = -(-(_WINDOWS * RADIUS * stride + 4 * stride + A.reach) // stride) * stride
        rows = max(self.strip // shape[1] // stride, 1) * stride
        for top in range(0, shape[0], rows):
            window = Window(top, min(top + rows, shape[0]), 0, shape[1])
            wide = window.grown(margin, shape)
            yield window, wide._replace(left=0, right=shape[1])

    def _coloured(self, luma: torch.Tensor, window: Window, name: str) -> torch.Tensor:
        """Return a window of the luminance with its chroma (3, h, w), or as it is (1, h, w)."""
        if not self.has_colour(name):
            return luma
        observation, chroma = self.pair.inputs[name], self.pair.chroma[name]
        if window.shape != tuple(observation.A.image_shape):
            chroma, observation = observation.A.observed(window).cut(chroma), observation.window(window)
        if self.how == 'guided':
            chroma = restore_chroma(chroma[None], window.cut(self.restored[name])[None], observation)[0]
        return colourise(luma, chroma)
