"""One fused image with its sources, checked once, and what several metrics share of it."""

from collections.abc import Sequence
from functools import cached_property
from typing import Generic

import numpy as np
import torch

from drfuse.evaluation.functional.arrays import A, Array, available_workers, namespace
from drfuse.evaluation.functional.histogram import LEVELS, JointHistogram, round_half_up, stretch

VARIANTS = ('yuliu', 'zliu')
"""The two published variants of Q_AB/F, Q_P, Q_W, Q_S and Q_C."""


class TooSmallError(ValueError):
    """An image is smaller than a metric's window."""


class Pair(Generic[A]):
    """A fused image and its sources as float64 luminance in 0..255.

    Args:
        fused: (H, W) array, or tensor (H, W), (B, H, W) or (B, 1, H, W); uint8 or floating, 0..255.
        sources: Images of the same type and shape as ``fused``.
        workers: Threads for the CPU path of costly metrics; ``None`` = all cores of this process.
            The result does not depend on it.

    Attributes:
        fused: Float64 image, (H, W) or (B, H, W).
        sources: Float64 images of the same shape.
    """

    def __init__(self, fused: A, sources: Sequence[A], workers: int | None = None) -> None:
        sources = tuple(sources)
        if not sources:
            raise ValueError('a fused image needs at least one source, got none')
        self._given = (fused, *sources)
        self.fused: A = check_image('fused image', fused)
        self.sources: tuple[A, ...] = tuple(
            check_image(f'source {i + 1}', source) for i, source in enumerate(sources))
        for i, source in enumerate(self.sources):
            _check_alike(self.fused, source, i + 1)
        if workers is not None and workers < 1:
            raise ValueError(f'workers must be at least 1, got {workers}')
        self.workers = workers or available_workers()

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.fused.shape[-2], self.fused.shape[-1]

    def two_sources(self, metric: str) -> tuple[A, A]:
        """Return the sources of a metric that is defined for two.

        Raises:
            ValueError: ``QP is defined for 2 sources, got 3``.
        """
        if len(self.sources) != 2:
            raise ValueError(f'{metric} is defined for 2 sources, got {len(self.sources)}')
        return self.sources[0], self.sources[1]

    def require_size(self, metric: str, size: int) -> None:
        """Raise :class:`TooSmallError` if a side has fewer than ``size`` pixels."""
        if min(self.shape) < size:
            raise TooSmallError(
                f'{metric} needs at least {size} x {size} pixels, got {self.shape[0]} x {self.shape[1]}')

    @cached_property
    def stretched(self) -> tuple[A, ...]:
        """Fused image, then sources, each min-max stretched to 0..255 and rounded half up."""
        if self.all_uint8 and not isinstance(self.fused, torch.Tensor):
            return tuple(_stretch_levels(image) for image in self._given)
        return tuple(stretch(image) for image in (self.fused, *self.sources))

    @cached_property
    def levels(self) -> tuple[A, ...]:
        """Fused image, then sources, as whole grey levels: uint8 as given, floats rounded half up."""
        if self.all_uint8:
            return tuple(image.reshape(self.fused.shape) for image in self._given)
        return tuple(round_half_up(image) for image in (self.fused, *self.sources))

    @property
    def all_uint8(self) -> bool:
        """Whether all images were given as uint8, so that their values are whole numbers."""
        return all(image.dtype in (np.uint8, torch.uint8) for image in self._given)

    @cached_property
    def histograms(self) -> tuple[JointHistogram, ...]:
        """Joint histograms (source, fused) of the grey levels, one per source."""
        fused, *sources = self.levels
        return tuple(JointHistogram(source, fused) for source in sources)

    @cached_property
    def stretched_histograms(self) -> tuple[JointHistogram, ...]:
        """Joint histograms (source, fused) of the stretched images, one per source.

        For 8-bit images the stretch moves bins but never joins two, so these of the levels have the same entropies.
        """
        if self.all_uint8:
            return self.histograms
        fused, *sources = self.stretched
        return tuple(JointHistogram(source, fused) for source in sources)

    @cached_property
    def source_histogram(self) -> JointHistogram:
        """Joint histogram of the first two sources, stretched where :attr:`stretched_histograms` are."""
        images = self.levels if self.all_uint8 else self.stretched
        return JointHistogram(images[1], images[2])


def _stretch_levels(image: np.ndarray) -> np.ndarray:
    """Return :func:`stretch` of a uint8 image (H, W), computed once for every grey level."""
    low, high = int(image.min()), int(image.max())
    table = np.zeros(LEVELS)
    table[low:high + 1] = stretch(np.arange(low, high + 1, dtype=np.float64)[None])[0]
    return table[image]


def check_image(name: str, image: Array) -> Array:
    """Return a luminance image as float64, or say in one line what is wrong with it.

    Raises:
        TypeError: If it is no array, or not uint8 or floating.
        ValueError: For a wrong shape, values outside 0..255, NaN, or a float image that looks like [0, 1].
    """
    if not isinstance(image, np.ndarray | torch.Tensor):
        raise TypeError(f'{name} must be a NumPy array or a torch tensor, got {type(image).__name__}')
    image = _drop_channel(name, image.detach() if isinstance(image, torch.Tensor) else image)
    if image.dtype in (np.uint8, torch.uint8):
        return image.to(torch.float64) if isinstance(image, torch.Tensor) else image.astype(np.float64)
    floating = image.is_floating_point() if isinstance(image, torch.Tensor) else image.dtype.kind == 'f'
    if not floating:
        raise TypeError(f'{name} must be uint8 or floating in 0..255, got {image.dtype}')
    image = image.to(torch.float64) if isinstance(image, torch.Tensor) else image.astype(np.float64)
    _check_values(name, image)
    return image


def _drop_channel(name: str, image: Array) -> Array:
    shape = tuple(image.shape)
    if isinstance(image, torch.Tensor) and image.ndim == 4 and shape[1] == 1:
        image = image[:, 0]
    if image.ndim != 2 and not (isinstance(image, torch.Tensor) and image.ndim == 3):
        allowed = '(H, W), (B, H, W) or (B, 1, H, W)' if isinstance(image, torch.Tensor) else '(H, W)'
        raise ValueError(f'{name} must be luminance of shape {allowed}, got {shape}: '
                         'reduce colour with drfuse.evaluation.convention.luminance')
    if image.shape[-1] * image.shape[-2] == 0:
        raise ValueError(f'{name} has no pixels: shape {shape}')
    return image


def _check_values(name: str, image: Array) -> None:
    xp = namespace(image)
    low, high = float(image.min()), float(image.max())
    if not np.isfinite(low) or not np.isfinite(high):
        raise ValueError(f'{name} holds NaN or infinite values')
    if low < 0 or high > 255:
        raise ValueError(f'{name} must lie in 0..255, got {low:g}..{high:g}')
    if 0 < high <= 1 and bool((image != xp.floor(image)).any()):
        raise ValueError(f'{name} must lie in 0..255 but looks like [0, 1] (maximum {high:g}): '
                         'quantise with drfuse.evaluation.convention.to_uint8')


def _check_alike(fused: Array, source: Array, number: int) -> None:
    if isinstance(fused, torch.Tensor) != isinstance(source, torch.Tensor):
        raise TypeError(f'source {number} is a {type(source).__name__} but the fused image a {type(fused).__name__}')
    if tuple(source.shape) != tuple(fused.shape):
        raise ValueError(f'source {number} has shape {tuple(source.shape)} but the fused image {tuple(fused.shape)}')


def check_variant(metric: str, variant: str) -> None:
    """Raise ``ValueError`` unless ``variant`` is one of :data:`VARIANTS`."""
    if variant not in VARIANTS:
        raise ValueError(f'{metric} has the variants {VARIANTS}, got {variant!r}')
