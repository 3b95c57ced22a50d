"""Whole where it fits, in tiles where it does not."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from drfuse.apis.tiling.halo import Halo, measure_halo
from drfuse.apis.tiling.memory import MOST, is_out_of_memory, side_for, window_budget
from drfuse.apis.tiling.plan import FEATHER, MIN_SIDE, TilePlan
from drfuse.apis.tiling.tiled import Inputs, Progress, Run, fuse_tiled
from drfuse.diffusion.output import FusionOutput
from drfuse.utils.config import UserError

MODES = ('auto', 'off')
SMALLEST = 64
"""Smallest side of tiles that can be asked for."""


@dataclass
class TileReport:
    """How a picture was computed.

    Attributes:
        tiles: Number of tiles, 1 = whole.
        side: Largest side of a tile in pixels, 0 = whole.
        halo: Pixels around a tile that were computed with it.
        error: Largest difference that a cut made at the halo's distance where it was measured, images in [0, 1].
        warnings: For people.
    """

    tiles: int = 1
    side: int = 0
    halo: int = 0
    error: float = 0.0
    warnings: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return dict(tiles=self.tiles, side=self.side, halo=self.halo, error=self.error)


def check_tile(tile: int | str) -> None:
    """Raise a :class:`UserError` unless ``tile`` is one of :data:`MODES` or a side in pixels."""
    if not (tile in MODES or (isinstance(tile, int) and tile >= SMALLEST)):
        raise UserError(f'tile must be {" or ".join(MODES)}, or a side of at least {SMALLEST} pixels, got {tile!r}')


def fuse_any_size(run: Run, inputs: Inputs, model: nn.Module, tile: int | str = 'auto',
                  device: torch.device | str = 'cpu', progress: Progress | None = None,
                  rounding: float = 0.0) -> tuple[FusionOutput, TileReport]:
    """Run a model on a picture of any size.

    Args:
        run: From observations to a result on the CPU.
        inputs: Observations of the whole picture.
        model: What ``run`` runs: its network and sampler tell reach, alignment and memory.
        tile: ``'auto'``: tiles if the whole does not fit into memory, by the network's ``bytes_per_pixel``, or turns
            out not to; ``'off'``: never; or the side of tiles in pixels.
        device: Where it runs.
        progress: Told after every tile.
        rounding: As of :func:`measure_halo`.

    Raises:
        UserError: If ``tile`` is none of these, the picture cannot be cut, or memory does not suffice for a window.
    """
    check_tile(tile)
    shape = next(iter(inputs.values())).A.image_shape
    whole = [name for name, o in inputs.items() if o.A.reach is None]
    if tile == 'off' or (whole and tile == 'auto'):
        return run(dict(inputs)), TileReport()
    if whole:
        raise UserError(f'{whole[0]} cannot be cut into tiles: its degradation sees the whole picture')
    per_pixel = model.backbone.bytes_per_pixel * len(next(iter(inputs.values())).y)
    results = 4 * (2 * len(inputs) + 1) * math.prod(shape) if torch.device(device).type == 'cpu' else 0
    # tiles change what a network that sees the whole picture returns: it is cut only where memory demands it
    most = None if getattr(model.backbone, 'receptive_field', None) is None else MOST
    budget = window_budget(per_pixel, device, results, most)
    if tile == 'auto' and math.prod(shape) <= budget:
        output = _whole(run, inputs)
        if output is not None:
            return output, TileReport()
        budget = math.prod(shape) // 4
    size, is_budget = (budget, True) if tile == 'auto' else (int(tile), False)
    return _in_tiles(run, inputs, model, size, is_budget, progress, rounding)


def _whole(run: Run, inputs: Inputs) -> FusionOutput | None:
    try:
        return run(dict(inputs))
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    return None


def _in_tiles(run: Run, inputs: Inputs, model: nn.Module, size: int, is_budget: bool,
              progress: Progress | None, rounding: float) -> tuple[FusionOutput, TileReport]:
    """Run in tiles; ``size`` is the largest number of pixels of a window, or the side of a tile."""
    observations = list(inputs.values())
    shape = tuple(observations[0].A.image_shape)
    multiple = math.lcm(model.backbone.size_divisibility, *(o.A.stride for o in observations))
    reach = getattr(model.sampler, 'reach', None)
    halo = measure_halo(run, inputs, multiple, None if reach is None else reach(model.backbone, observations),
                        rounding)
    margin = halo.pixels + FEATHER + multiple
    side = max(side_for(size, margin), MIN_SIDE) if is_budget else size
    plan = TilePlan(shape, side // multiple * multiple or multiple, halo.pixels, multiple,
                    even=not is_budget)
    output = fuse_tiled(run, inputs, plan, progress)
    warnings = [] if halo.is_enough else [_warning(halo, model)]
    return output, TileReport(len(plan.tiles()), plan.side, halo.pixels, halo.error, warnings)


def _warning(halo: Halo, model: nn.Module) -> str:
    sees = 'sees the whole picture' if halo.bound is None else f'sees {halo.bound} pixels far'
    return (f'computed in tiles, but {type(model.backbone).__name__} with these degradations {sees}: where it was '
            f'measured, a cut changes values by up to {255 * halo.error:.2g} of 255 levels')
