"""How far a cut is felt: measured with the model itself, on the busiest places of the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from drfuse.apis.tiling.tiled import Inputs, Run, whole_inputs, window_inputs
from drfuse.degradations.window import Window, spread_windows

TOLERANCE = 0.25 / 255
"""Largest error that a cut may leave where it was measured: a quarter of what a seam may show anywhere."""
ROUNDING = 2 / 255
"""Largest error far from a cut that is taken for rounding: what bfloat16 may change in a fused picture."""
REACH = 256
"""Largest distance from a cut at which its error is measured, in pixels."""
_CANDIDATES, _PROBES = 5, 2


@dataclass(frozen=True)
class Halo:
    """The pixels around a tile that are computed with it.

    Attributes:
        pixels: Width.
        bound: Distance at which the model cannot feel a cut; None if it sees the whole image.
        error: Largest error measured at that distance and beyond, images in [0, 1].
        tolerance: Error that is allowed there.
    """

    pixels: int
    bound: int | None
    error: float
    tolerance: float = TOLERANCE

    @property
    def is_enough(self) -> bool:
        """Whether the error is within the tolerance, or the bound is kept."""
        return self.error <= self.tolerance or (self.bound is not None and self.pixels >= self.bound)


def measure_halo(run: Run, inputs: Inputs, multiple: int, bound: int | None, rounding: float = 0.0) -> Halo:
    """Return the smallest halo whose error is within :data:`TOLERANCE`, or within rounding, on probes of the picture.

    The busiest of some regions that lie spread over the picture are computed once whole and once cut in the middle.
    The results differ near the cut; how fast the difference falls decides. In bfloat16 it does not fall to nothing:
    what is left in the farther half of the probe is then rounding, unless the model sees the whole image.

    Args:
        run: The model.
        inputs: Observations of the whole picture.
        multiple: Windows start and end on multiples of it.
        bound: What the sampler declares; the halo is not wider.
        rounding: Largest error far from a cut that is taken for rounding: :data:`ROUNDING` in bfloat16, else 0.

    Returns:
        The halo; if the error does not fall below the tolerance, that of the widest distance measured.
    """
    errors = torch.stack([cut_errors(run, inputs, window, multiple, axis)
                          for axis, window in enumerate(_busiest(inputs, multiple, bound), -2)]).amax(0)
    tolerance = TOLERANCE if bound is None else max(TOLERANCE, min(float(errors[len(errors) // 2]), rounding))
    small = (errors <= tolerance).nonzero()
    pixels = int(small[0]) if len(small) else len(errors)
    pixels = min(-(-pixels // multiple) * multiple, len(errors))
    if bound is not None and bound <= pixels:
        return Halo(bound, bound, 0.0)
    return Halo(pixels, bound, float(errors[min(pixels, len(errors) - 1)]), tolerance)


def cut_errors(run: Run, inputs: Inputs, region: Window, multiple: int, axis: int) -> torch.Tensor:
    """Return the error that a cut through the middle of a region makes, by the distance from it.

    Args:
        run: The model.
        inputs: Observations of the whole picture.
        region: Where to measure.
        multiple: The cut lies on a multiple of it.
        axis: -2 cuts between rows, -1 between columns.

    Returns:
        (L,) the largest absolute error, over restored sources and fused image in [0, 1], of the pixels that lie
        ``k`` pixels from the cut and beyond.
    """
    inputs = whole_inputs(inputs)
    start, stop = (region.top, region.bottom) if axis == -2 else (region.left, region.right)
    cut = start + max((stop - start) // 2 // multiple * multiple, multiple)
    half = region._replace(bottom=cut) if axis == -2 else region._replace(right=cut)
    kept = half.inside(region)
    whole, part = (run(window_inputs(inputs, window)) for window in (region, half))
    gaps = [(kept.cut(a).clamp(0, 1) - b.clamp(0, 1)).abs() for a, b in
            zip((*whole.sources, whole.fused), (*part.sources, part.fused), strict=True)]
    error = torch.stack(gaps).amax((0, 1, 2, 3 if axis == -1 else 4))
    return error.cummax(0).values.flip(0)


def _busiest(inputs: Inputs, multiple: int, bound: int | None) -> list[Window]:
    """Return the regions with the largest contrast, as many as are probed."""
    observations = list(inputs.values())
    shape = observations[0].A.image_shape
    step, wide = 2 * multiple, 2 * min(REACH, bound or REACH)
    side = max(min(-(-wide // step), min(shape) // step), 1) * step
    regions = spread_windows(shape, _CANDIDATES, side, multiple)
    contrast = [math.fsum(float(o.A.observed(w).cut(o.y).std()) for o in observations) for w in regions]
    order = sorted(range(len(regions)), key=lambda i: -contrast[i])
    return [regions[i] for i in (order * _PROBES)[:_PROBES]]
