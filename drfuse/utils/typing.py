"""Type aliases shared by the package."""

from collections.abc import Sequence

import torch

Params = dict[str, torch.Tensor]
"""Parameters of one operator; leading dimension = batch, same trailing shape for every sample."""

ImageShape = tuple[int, ...]
"""Height and width of an image in pixels."""

Range = float | Sequence[float]
"""A fixed value, or ``(low, high)`` from which one value per sample is drawn uniformly."""
