"""Running a model window by window."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Mapping

import torch

from drfuse.apis.tiling.memory import is_out_of_memory
from drfuse.apis.tiling.plan import MIN_SIDE, TilePlan
from drfuse.degradations import Observation
from drfuse.degradations.window import Window
from drfuse.diffusion.output import FusionOutput
from drfuse.utils.config import UserError

Inputs = Mapping[str, Observation]
Run = Callable[[dict[str, Observation]], FusionOutput]
"""From observations to a result in image coordinates, on the CPU."""
Progress = Callable[[int, int], None]
"""Called with the number of finished tiles and of all."""


class TileRunner:
    """Computes any part of the result, in pieces where memory runs out.

    Args:
        run: The model.
        inputs: Observations of the whole picture.
        plan: Halo and alignment of the windows.

    Attributes:
        limit: Largest number of pixels that a window may have; lowered when memory runs out.
    """

    def __init__(self, run: Run, inputs: Inputs, plan: TilePlan) -> None:
        self.run, self.inputs, self.plan = run, whole_inputs(inputs), plan
        self.limit = math.prod(plan.image_shape)

    def __call__(self, needed: Window) -> FusionOutput:
        """Return the result for a part of the picture.

        Raises:
            UserError: If memory does not suffice for the smallest window.
        """
        window = self.plan.window(needed)
        wide = self.plan.widened(window)
        window = wide if math.prod(wide.shape) <= self.limit else window
        pixels = math.prod(window.shape)
        if pixels <= self.limit or max(needed.shape) < 2 * MIN_SIDE:
            output = self._try(window)
            if output is not None:
                return output.map(needed.inside(window).cut)
            self.limit = pixels - 1
        return self._halves(needed)

    def _try(self, window: Window) -> FusionOutput | None:
        """Return the result for a window, None if memory runs out."""
        try:
            return self.run(window_inputs(self.inputs, window))
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return None

    def _halves(self, needed: Window) -> FusionOutput:
        """Return two halves of a part, joined."""
        height, width = needed.shape
        if max(height, width) < 2 * MIN_SIDE:
            shape = self.plan.window(needed).shape
            raise UserError(f'not enough memory for a window of {shape[1]} x {shape[0]} pixels, the smallest that can '
                            'be computed alone: close other programs, or use a machine with more memory')
        if height >= width:
            middle = needed.top + height // 2
            halves = needed._replace(bottom=middle), needed._replace(top=middle)
        else:
            middle = needed.left + width // 2
            halves = needed._replace(right=middle), needed._replace(left=middle)
        first, second = (self(half) for half in halves)
        dim = -2 if height >= width else -1
        images = [torch.cat(pair, dim) for pair in zip(first.images, second.images, strict=True)]
        return first.with_images(images)


def fuse_tiled(run: Run, inputs: Inputs, plan: TilePlan, progress: Progress | None = None) -> FusionOutput:
    """Return the result for a whole picture, computed tile by tile.

    Args:
        run: The model.
        inputs: Modality to observation of the whole picture; only windows of them are handed on.
        plan: The tiles.
        progress: Told after every tile.

    Returns:
        What ``run(inputs)`` would return, but for errors where the halo was too small; no trajectory.

    Raises:
        UserError: If memory does not suffice for the smallest window.
    """
    runner, tiles, whole = TileRunner(run, inputs, plan), plan.tiles(), None
    for done, tile in enumerate(tiles, 1):
        part, needed = runner(plan.needed(tile)), plan.needed(tile)
        if whole is None:
            whole = part.map(lambda image: image.new_zeros(*image.shape[:-2], *plan.image_shape))
        weight = plan.weight(tile)
        for target, piece in zip(whole.images, part.images, strict=True):
            needed.cut(target).addcmul_(piece, weight.to(piece))
        if progress is not None:
            progress(done, len(tiles))
    return whole


def whole_inputs(inputs: Inputs) -> dict[str, Observation]:
    """Return the observations with what is measured on the whole of A, so that it is measured once."""
    return {name: Observation(o.y, o.A.with_measured_gain(), o.sigma) for name, o in inputs.items()}


def window_inputs(inputs: Inputs, window: Window) -> dict[str, Observation]:
    """Return the observations of a window."""
    return {name: observation.window(window) for name, observation in inputs.items()}
