"""Drawing of plausible registered pairs."""

from drfuse.datasets.synthetic.head import draw_head
from drfuse.datasets.synthetic.road_scene import draw_road_scene

__all__ = ['draw_head', 'draw_road_scene']
