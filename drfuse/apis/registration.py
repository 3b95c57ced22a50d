"""Whether two pictures of different kinds lie on each other: the shift between their edges."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from drfuse.utils.enlarge import enlarge, whole_factor
from drfuse.utils.threads import in_threads

REACH = 24
"""Largest shift that is looked for, in working pixels; a sixth of the shorter side if that is less."""

MIN_REACH = 16
"""Pictures in which no shift of this many working pixels can be looked for are too small to tell."""

MIN_SHIFT, MIN_GAP, MIN_GAIN = 3.0, 0.015, 0.055
"""When a shift is worth a warning: its length in working pixels, how far its correlation is above that of all shifts
that are not its neighbours, and above that of no shift. Set on the training pairs of RoadScene by
``tools/analysis_tools/registration_rates.py``, whose rates are in docs/inference.md."""

_LONGEST = 1024  # larger pictures are reduced to this side before
_SMOOTH, _NEIGHBOUR = 2.0, 6.0
_AROUND = (23, 25, 23)
"""Sides of box filters that together come near a Gaussian of standard deviation 12, in a third of its time."""


@dataclass(frozen=True)
class Shift:
    """How far A lies beside B.

    Attributes:
        dx: Full-size pixels by which A has to move to the right to lie on B.
        dy: Full-size pixels by which A has to move down.
        gap: Correlation at this shift less the highest at one that is no neighbour.
        gain: Correlation at this shift less that at no shift.
        scale: Full-size pixels in a working pixel.
    """

    dx: float
    dy: float
    gap: float
    gain: float
    scale: float = 1.0

    @property
    def length(self) -> float:
        """Length in full-size pixels."""
        return float(np.hypot(self.dx, self.dy))

    @property
    def is_reliable(self) -> bool:
        """Whether the edges agree on it well enough to move a picture by it."""
        return self.gap >= MIN_GAP and self.gain >= MIN_GAIN

    @property
    def is_worth_a_warning(self) -> bool:
        """Whether it is reliable and not small."""
        return self.is_reliable and self.length >= MIN_SHIFT * self.scale


def measure_shift(a: np.ndarray, b: np.ndarray) -> Shift | None:
    """Return the shift between two pictures of different sensors.

    The magnitudes of their gradients, relative to those around, are compared by the normalised correlation
    coefficient: tones may differ and be reversed, edges are common. A shift is a whole number of working pixels.

    Args:
        a: (h, w) luminance; enlarged to the size of ``b`` if it is smaller, and the other way round.
        b: (H, W) luminance.

    Returns:
        The shift, None if a picture is too small, or has no edges, to tell.
    """
    height, width = max(a.shape[0], b.shape[0]), max(a.shape[1], b.shape[1])
    scale = max(1.0, max(height, width) / _LONGEST)
    shape = (round(width / scale), round(height / scale))
    reach = min(REACH, min(shape) // 6)
    if reach < MIN_REACH:
        return None
    edges = in_threads(lambda image: _edges(_resized(_whole(image, (height, width)), shape)), (a, b),
                       2 * math.prod(shape))
    inner = edges[0][reach:-reach, reach:-reach]
    if min(float(inner.std()), float(edges[1].std())) < 1e-6:
        return None
    score = _scores(edges[1], inner)
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    rows, columns = np.mgrid[:score.shape[0], :score.shape[1]]
    far = np.hypot(rows - row, columns - column) > _NEIGHBOUR
    best = float(score[row, column])
    return Shift(float(column - reach) * scale, float(row - reach) * scale,
                 best - float(score[far].max()) if far.any() else 0.0, best - float(score[reach, reach]), scale)


def _whole(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return a picture of low resolution whose last cells are cut enlarged to (H, W), others as they are."""
    factor = whole_factor(image.shape, shape)
    if factor is None or all(factor * m == n for m, n in zip(image.shape, shape, strict=True)):
        return image
    return enlarge(torch.from_numpy(image.astype(np.float32))[None, None], shape, 'bilinear')[0, 0].numpy()


def _resized(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    how = cv2.INTER_AREA if image.shape[0] > shape[1] else cv2.INTER_LINEAR
    return cv2.resize(image.astype(np.float32), shape, interpolation=how)


def _edges(image: np.ndarray) -> np.ndarray:
    """Return the gradient's magnitude relative to its mean around."""
    smooth = cv2.GaussianBlur(image, (0, 0), _SMOOTH)
    magnitude = cv2.magnitude(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    around = magnitude
    for side in _AROUND:
        around = cv2.blur(around, (side, side))
    return magnitude / (around + 0.02 * magnitude.max() + 1e-6)


def _scores(image: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Return the correlation coefficient of a part with each place in the image where it fits; 0 where that is flat.

    OpenCV's ``matchTemplate``, which works in one thread on blocks, takes several times as long for so large a part.
    """
    (height, width), (rows, columns) = part.shape, (n - m + 1 for n, m in zip(image.shape, part.shape, strict=True))
    centred = np.zeros_like(image)
    centred[:height, :width] = part - part.mean(dtype=np.float64)
    spectra = [torch.fft.rfft2(torch.from_numpy(array)) for array in (image, centred)]
    products = torch.fft.irfft2(spectra[0] * spectra[1].conj(), s=image.shape)[:rows, :columns].numpy()
    sums, squares = (x[height:, width:] - x[:-height, width:] - x[height:, :-width] + x[:-height, :-width]
                     for x in cv2.integral2(image))
    spread = squares - sums**2 / part.size
    norm = np.sqrt(np.maximum(spread, 0) * np.square(centred, dtype=np.float64).sum())
    return np.divide(products, norm, out=np.zeros_like(norm), where=spread > 1e-9 * part.size)


def moved(image: np.ndarray, dx: int, dy: int) -> np.ndarray:
    """Return an image (H, W) or (H, W, C) moved right by dx and down by dy; the edge is repeated.

    Whole pixels only: interpolation would change noise and blur, which the model is told.
    """
    height, width = image.shape[:2]
    rows = np.clip(np.arange(height) - dy, 0, height - 1)
    columns = np.clip(np.arange(width) - dx, 0, width - 1)
    return np.ascontiguousarray(image[rows[:, None], columns])
