"""What fusing a pair gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from drfuse.apis.picture import Picture
from drfuse.apis.picture_writer import write_picture
from drfuse.apis.trajectory import Trajectory


@dataclass(frozen=True)
class FusionResult:
    """A fused pair.

    Attributes:
        picture: The fused picture, in size, pixel type, alpha and metadata of the full-size source.
        restored_pictures: Modality to the restored source at full size, in the pixel type of that source.
        weights: (M, H, W) float32, how much of each source each pixel takes; they sum to 1. None for rules without
            weights.
        luminance: Modality, and ``'fused'``, to (H, W) float32 in [0, 1]: what the model works on.
        report: ``name``; ``size`` (full size); ``model``, ``task``, ``device``, ``precision``, ``backend``;
            ``sources``: per modality ``source``, ``size``, ``pixel_type``, ``colour``, ``factor``, ``origin`` (given,
            preset or estimated), ``stages`` (the degradation), ``text`` (the same in words), ``luminance_sigma``,
            ``misfit`` (:class:`~drfuse.apis.fit.Misfit`) and, where estimated, ``confidence`` and ``summary``;
            ``registration``: ``shift`` (dx, dy) by which A has to
            move to lie on B, in full-size pixels, None if it cannot be told, and ``aligned``; ``colour_from``;
            ``seconds`` by step; ``warnings``. Plain values, ready for JSON.
        observed_pictures: Modality to the source as it was fused: read, upright, and aligned if that was asked for.
        trajectory: Every step, if it was asked for and the model has steps.
    """

    picture: Picture
    restored_pictures: Mapping[str, Picture]
    weights: np.ndarray | None
    luminance: Mapping[str, np.ndarray]
    report: dict[str, Any]
    observed_pictures: Mapping[str, Picture] = field(default_factory=dict)
    trajectory: Trajectory | None = None

    @property
    def fused(self) -> np.ndarray:
        """The fused pixels: (H, W), (H, W, 3) RGB, or with alpha as the last channel."""
        return self.picture.to_array()

    @property
    def restored(self) -> dict[str, np.ndarray]:
        """Modality to restored pixels, as :attr:`fused`."""
        return {name: picture.to_array() for name, picture in self.restored_pictures.items()}

    def to_tensor(self) -> torch.Tensor:
        """Return the fused picture (C, H, W), float32 in [0, 1]."""
        return self.picture.to_tensor()

    def save(self, path: str | Path) -> Path:
        """Write the fused picture with its metadata; the suffix selects the kind of file.

        Raises:
            UserError: If that kind cannot hold the pixels, or the file cannot be written.
        """
        return write_picture(path, self.picture)
