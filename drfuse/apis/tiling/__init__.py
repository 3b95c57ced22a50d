"""Large pictures: windows that overlap, computed one by one and blended."""

from drfuse.apis.tiling.halo import Halo, cut_errors, measure_halo
from drfuse.apis.tiling.memory import available_memory, is_out_of_memory, window_budget
from drfuse.apis.tiling.plan import TilePlan
from drfuse.apis.tiling.tiled import TileRunner, fuse_tiled

__all__ = [
    'Halo',
    'TilePlan',
    'TileRunner',
    'available_memory',
    'cut_errors',
    'fuse_tiled',
    'is_out_of_memory',
    'measure_halo',
    'window_budget',
]
