"""Drawing: panels of sources, weights and fused images; training curves."""

from drfuse.visualization.fusion_visualizer import FusionVisualizer
from drfuse.visualization.image_writer import to_uint8, write_png
from drfuse.visualization.panel import draw_grid, draw_panel, enlarge_with_original

__all__ = ['FusionVisualizer', 'draw_grid', 'draw_panel', 'enlarge_with_original', 'to_uint8', 'write_png']
