"""The steps of one pair, for people to look at."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn

from drfuse.degradations import Observation
from drfuse.degradations.window import Window
from drfuse.diffusion.output import StepRecord

LARGEST = 1 << 20
"""Pictures of up to so many pixels are recorded whole; of larger ones the middle."""


@dataclass(frozen=True)
class Trajectory:
    """What a model went through.

    Attributes:
        steps: T..1, tensors with B = 1, float32, on the CPU.
        window: The part of the picture that they show.
    """

    steps: tuple[StepRecord, ...]
    window: Window


def record_trajectory(model: nn.Module, inputs: Mapping[str, Observation], largest: int = LARGEST) -> Trajectory | None:
    """Run a model once more, and keep every step.

    It is a run of its own, so that an ordinary one neither takes the memory for it nor is timed with it.

    Args:
        model: With a sampler that records, see :meth:`~drfuse.diffusion.samplers.FusionDDIMSampler.forward`.
        inputs: Modality to observation of one pair, B = 1.
        largest: Most pixels to record.

    Returns:
        None if the model has no steps, or the picture is larger and cannot be cut.
    """
    if not (hasattr(model, 'sampler') and hasattr(model, 'backbone')):
        return None
    shape = next(iter(inputs.values())).A.image_shape
    window = middle(shape, largest, math.lcm(model.backbone.size_divisibility, *(o.A.stride for o in inputs.values())))
    if window.shape != tuple(shape):
        if any(o.A.reach is None for o in inputs.values()):
            return None
        inputs = {name: observation.window(window) for name, observation in inputs.items()}
    data = model.data_preprocessor(dict(inputs=dict(inputs)))['inputs']
    output = model.sampler(model.backbone, list(data.values()), return_trajectory=True)
    return Trajectory(tuple(_kept(step) for step in output.trajectory), window)


def middle(shape: tuple[int, int], largest: int, multiple: int) -> Window:
    """Return the whole image, or a window of at most ``largest`` pixels in its middle, on multiples."""
    if math.prod(shape) <= largest:
        return Window.whole(shape)
    shrink = math.sqrt(largest / math.prod(shape))
    rows, columns = (_span(size, size * shrink, multiple) for size in shape)
    return Window(*rows, *columns)


def _span(size: int, wanted: float, multiple: int) -> tuple[int, int]:
    length = max(int(wanted) // multiple, 1) * multiple
    if length >= size:
        return 0, size
    start = (size - length) // 2 // multiple * multiple
    return start, start + length


def _kept(step: StepRecord) -> StepRecord:
    weights = None if step.weights is None else step.weights.float().cpu()
    return StepRecord(step.t, step.x0.float().cpu(), weights, step.scales, step.residuals)
