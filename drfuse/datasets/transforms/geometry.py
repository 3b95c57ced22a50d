"""Geometric augmentation: the same window and the same flip for all modalities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from mmcv.transforms import BaseTransform
from torch.nn import functional as F

from drfuse.datasets.sample_rng import step_streams
from drfuse.registry import TRANSFORMS

Size = int | Sequence[int]


def _images(results: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Return the clean images of a sample whose geometry may still change."""
    if results['observed_paths']:
        raise ValueError('already degraded files cannot be cropped or flipped: a window of a blurred image is not '
                         'the blur of a window; remove the geometric transforms or observed_prefix')
    return results['images']


def _apply(results: dict[str, Any], change: Callable[[torch.Tensor], torch.Tensor]) -> dict[str, Any]:
    """Change every clean image alike."""
    results['images'] = {name: change(image) for name, image in _images(results).items()}
    return results


def _shape(results: dict[str, Any]) -> tuple[int, int]:
    first = next(iter(_images(results).values()))
    return first.shape[-2], first.shape[-1]


def _chance(generator: torch.Generator) -> float:
    return float(torch.rand(1, generator=generator, dtype=torch.float64))


def _integer(bound: int, generator: torch.Generator) -> int:
    return int(torch.randint(bound, (1,), generator=generator))


def reflect_pad_to(image: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Extend an image on both sides to at least ``size`` by mirroring at its border pixels.

    Args:
        image: (C, H, W), any size.
        size: (h, w); sides that are long enough stay.

    Returns:
        (C, max(H, h), max(W, w)).
    """
    for dim, wanted in ((-2, size[0]), (-1, size[1])):
        length = image.shape[dim]
        if length < wanted:
            period = max(2 * length - 2, 1)
            position = (torch.arange(wanted) - (wanted - length) // 2) % period
            image = image.index_select(dim, torch.minimum(position, (period - position) % period))
    return image


def checked_crop_sizes(size: int | Sequence[Size]) -> list[tuple[int, int]]:
    """Return the choices of a crop size as (h, w).

    Raises:
        ValueError: If a side is not an integer >= 1.
    """
    choices = [size] if isinstance(size, int) else list(size)
    sizes = [tuple(s) if isinstance(s, Sequence) else (s, s) for s in choices]
    if not sizes or not all(len(s) == 2 and all(isinstance(side, int) and side >= 1 for side in s) for s in sizes):
        raise ValueError(f'the crop size must be an integer >= 1 or a list of sides or (h, w), got {size!r}')
    return sizes


@TRANSFORMS.register_module()
class PairedCrop(BaseTransform):
    """Cut the same random window out of every modality.

    The offset is drawn per sample. An image smaller than the window is first mirrored at its border to
    the size of the window. Changed keys: ``images``.

    Args:
        size: Side of a square window in pixels, or a list of choices, each a side or ``(h, w)``, of
            which one is drawn per batch. None: the dataset's ``crop_size``, which a child config can
            override by key; without one nothing is cropped.
        multiple: Offsets are multiples of it, for pictures with a grid that a model may know the place of.

    Raises:
        ValueError: If a side or ``multiple`` is not an integer >= 1.
    """

    def __init__(self, size: int | Sequence[Size] | None = None, multiple: int = 1) -> None:
        self.sizes = None if size is None else checked_crop_sizes(size)
        if not isinstance(multiple, int) or multiple < 1:
            raise ValueError(f'multiple must be an integer >= 1, got {multiple!r}')
        self.multiple = multiple

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Crop the images."""
        sizes = self.sizes or results['crop_sizes']
        if not sizes:
            return results
        rng = step_streams(results, 'crop')
        height, width = sizes[_integer(len(sizes), rng.batch('crop.size'))]
        image_height, image_width = _shape(results)
        generator = rng.sample('crop.offset')
        top, left = (self.multiple * _integer(max(whole - side, 0) // self.multiple + 1, generator)
                     for whole, side in ((image_height, height), (image_width, width)))

        def crop(image: torch.Tensor) -> torch.Tensor:
            padded = reflect_pad_to(image, (height, width))
            return padded[:, top:top + height, left:left + width].contiguous()

        return _apply(results, crop)

    def __repr__(self) -> str:
        return f'PairedCrop(size={self.sizes}, multiple={self.multiple})'


@TRANSFORMS.register_module()
class PairedScale(BaseTransform):
    """Shrink all modalities alike, by a factor drawn per sample; what was blurred or compressed gets sharper.

    Changed keys: ``images``.

    Args:
        low: Smallest factor, in (0, 1].
        prob: Probability of shrinking at all.
        min_side: No side falls below this number of pixels.

    Raises:
        ValueError: If the factor or the probability lies outside its range.
    """

    def __init__(self, low: float = 0.5, prob: float = 0.5, min_side: int = 1) -> None:
        if not 0 < low <= 1:
            raise ValueError(f'PairedScale low must be in (0, 1], got {low}')
        self.low, self.prob, self.min_side = low, _probability('prob', prob), min_side

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Shrink the images."""
        rng, shape = step_streams(results, 'scale'), _shape(results)
        if _chance(rng.sample('scale.chance')) >= self.prob:
            return results
        factor = self.low + (1 - self.low) * _chance(rng.sample('scale.factor'))
        size = [min(side, max(round(side * factor), self.min_side)) for side in shape]

        def shrink(image: torch.Tensor) -> torch.Tensor:
            return F.interpolate(image[None], size, mode='bicubic', antialias=True)[0].clamp(0, 1)

        return _apply(results, shrink)

    def __repr__(self) -> str:
        return f'PairedScale(low={self.low}, prob={self.prob}, min_side={self.min_side})'


@TRANSFORMS.register_module()
class PairedFlip(BaseTransform):
    """Mirror all modalities alike, drawn per sample.

    Changed keys: ``images``.

    Args:
        horizontal: Probability of exchanging left and right.
        vertical: Probability of exchanging top and bottom.

    Raises:
        ValueError: If a probability lies outside [0, 1].
    """

    def __init__(self, horizontal: float = 0.5, vertical: float = 0.5) -> None:
        self.horizontal = _probability('horizontal', horizontal)
        self.vertical = _probability('vertical', vertical)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Flip the images."""
        rng = step_streams(results, 'flip')
        dims = []
        if _chance(rng.sample('flip.horizontal')) < self.horizontal:
            dims.append(-1)
        if _chance(rng.sample('flip.vertical')) < self.vertical:
            dims.append(-2)
        return _apply(results, lambda image: image.flip(dims) if dims else image)

    def __repr__(self) -> str:
        return f'PairedFlip(horizontal={self.horizontal}, vertical={self.vertical})'


@TRANSFORMS.register_module()
class PairedRot90(BaseTransform):
    """Turn all modalities alike by a multiple of 90 degrees, drawn per sample.

    Images that are not square turn by 0 or 180 degrees only, so that a batch keeps one shape.
    Changed keys: ``images``.

    Args:
        prob: Probability of drawing a turn at all (which may be by 0 degrees).

    Raises:
        ValueError: If the probability lies outside [0, 1].
    """

    def __init__(self, prob: float = 1.0) -> None:
        self.prob = _probability('prob', prob)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Turn the images."""
        generator = step_streams(results, 'rot90').sample('rot90')
        height, width = _shape(results)
        turn = _chance(generator) < self.prob
        quarters = _integer(4, generator) if height == width else 2 * _integer(2, generator)
        return _apply(results, lambda image: image.rot90(quarters, (-2, -1)).contiguous() if turn else image)

    def __repr__(self) -> str:
        return f'PairedRot90(prob={self.prob})'


def _probability(name: str, value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError(f'{name} is a probability in [0, 1], got {value}')
    return value
