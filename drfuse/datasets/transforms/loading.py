"""From files to clean images."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from mmcv.transforms import BaseTransform

from drfuse.datasets.image_io import read_image, set_channels, to_tensor
from drfuse.registry import TRANSFORMS


@TRANSFORMS.register_module()
class LoadModalities(BaseTransform):
    """Load the clean image of every modality; see :func:`drfuse.datasets.image_io.read_image`.

    Required keys: ``modalities``, ``paths`` (modality to file, may be empty), ``channels`` (modality to
    1 or 3, for those that are not used as stored), ``embedded`` (the generator of embedded pairs, or
    None), ``stem``.

    Added keys: ``images``, modality to float32 (C, H, W) in [0, 1]; absent if there is no clean source.

    Args:
        cache: Keep the images, as stored, in the memory of each worker process.

    Raises:
        FileNotFoundError: If a file is gone.
        ValueError: If a file cannot be used, or the sizes of a pair differ.
    """

    def __init__(self, cache: bool = False) -> None:
        self.cache = cache
        self._kept: dict[str, np.ndarray] = {}

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add the clean images."""
        if results['embedded'] is not None:
            stored = results['embedded'].render(results['stem'])
        elif results['paths']:
            stored = {name: self._read(results['paths'][name]) for name in results['modalities']}
        else:
            return results
        _check_sizes(stored, results['paths'])
        results['images'] = {name: as_stored_or(image, results['channels'].get(name))
                             for name, image in stored.items()}
        return results

    def _read(self, path: str) -> np.ndarray:
        if path in self._kept:
            return self._kept[path]
        image = read_image(path)
        if self.cache:
            self._kept[path] = image
        return image

    def __repr__(self) -> str:
        return f'LoadModalities(cache={self.cache})'


def as_stored_or(image: np.ndarray, channels: int | None) -> torch.Tensor:
    """Return (C, H, W) in [0, 1] with the stored channels (None), or with 1 or 3."""
    tensor = to_tensor(image)
    return tensor if channels is None else set_channels(tensor, channels)


def _check_sizes(images: dict[str, np.ndarray], paths: dict[str, str]) -> None:
    if len({image.shape[:2] for image in images.values()}) > 1:
        sizes = ', '.join(f'{paths[name]} is {image.shape[0]} x {image.shape[1]}' for name, image in images.items())
        raise ValueError(f'the images of a pair must have the same height x width: {sizes}')
