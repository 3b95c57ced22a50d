"""Quantisers: clip and round to the grid of the stored file. They never enter A."""

import torch

from drfuse.degradations.linear_operator import Stage
from drfuse.registry import DEGRADATIONS
from drfuse.utils.typing import Params

# Sums of kernel taps miss a grid value by rounding errors of about 1e-13 (float64) or 1e-5 (float32);
# truncation must not turn 100 - 1e-13 into 99.
_ROUNDING, _ROUNDING_STEPS = 1e-6, 8


class Quantiser(Stage):
    """Clip to [0, 1] and move to the grid of ``2^bits`` levels.

    Args:
        bits: 1..16.

    Shape:
        image: (B, C, H, W) in [0, 1]; same shape and range.
    """

    def __init__(self, bits: int = 8) -> None:
        if not 1 <= bits <= 16:  # noqa: PLR2004
            raise ValueError(f'{type(self).__name__} bits must be 1..16, got {bits}')
        self.bits = bits

    def degrade(self, image: torch.Tensor, params: Params, generator: torch.Generator | None) -> torch.Tensor:
        """Return the quantised image."""
        top = 2**self.bits - 1
        return self.to_grid(image.clamp(0, 1) * top) / top

    def to_grid(self, levels: torch.Tensor) -> torch.Tensor:
        """Map levels 0..top to integers."""
        raise NotImplementedError

    def rounding(self, levels: torch.Tensor) -> float:
        """Return by how much a level may lie below the grid value that it stands for."""
        return max(_ROUNDING, _ROUNDING_STEPS * torch.finfo(levels.dtype).eps * 2**self.bits)


@DEGRADATIONS.register_module()
class Floor(Quantiser):
    """Clip and truncate, as a cast to an unsigned integer does (the release's recipe)."""

    def to_grid(self, levels: torch.Tensor) -> torch.Tensor:
        """Truncate."""
        return torch.floor(levels + self.rounding(levels))


@DEGRADATIONS.register_module()
class Round(Quantiser):
    """Clip and round to nearest, halves up."""

    def to_grid(self, levels: torch.Tensor) -> torch.Tensor:
        """Round half up."""
        return torch.floor(levels + 0.5 + self.rounding(levels))


@DEGRADATIONS.register_module()
class Clip(Stage):
    """Clip to [0, 1] without quantising (saturation)."""

    def degrade(self, image: torch.Tensor, params: Params, generator: torch.Generator | None) -> torch.Tensor:
        """Return the clipped image (B, C, H, W)."""
        return image.clamp(0, 1)
