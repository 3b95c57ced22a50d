"""Large pictures: windows that overlap, computed one by one and blended."""

from drfuse.apis.tiling.auto import TileReport, check_tile, fuse_any_size
from drfuse.apis.tiling.halo import ROUNDING, Halo, cut_errors, measure_halo
from drfuse.apis.tiling.memory import available_memory, is_out_of_memory, window_budget
from drfuse.apis.tiling.plan import TilePlan
from drfuse.apis.tiling.tiled import TileRunner, fuse_tiled

__all__ = [
    'ROUNDING',
    'Halo',
    'TilePlan',
    'TileReport',
    'TileRunner',
    'available_memory',
    'check_tile',
    'cut_errors',
    'fuse_any_size',
    'fuse_tiled',
    'is_out_of_memory',
    'measure_halo',
    'window_budget',
]
