"""MMEngine visualizer for fused pairs."""

from pathlib import Path
from typing import Any

import numpy as np
from mmengine.dist import master_only
from mmengine.visualization import Visualizer

from drfuse.registry import VISUALIZERS
from drfuse.structures import FusionDataSample
from drfuse.utils.environment import installed_version
from drfuse.visualization.image_writer import write_png
from drfuse.visualization.panel import draw_panel


@VISUALIZERS.register_module()
class FusionVisualizer(Visualizer):
    """Draws panels observed | restored | weight | fused.

    ``TensorboardVisBackend`` is left out where TensorBoard is not installed, so that one config
    serves both cases.

    Args:
        name: Name of the instance.
        vis_backends: Configs of the backends.
        save_dir: Folder of the backends.
    """

    def __init__(self, name: str = 'visualizer', vis_backends: list[dict] | None = None,
                 save_dir: str | None = None) -> None:
        super().__init__(name, vis_backends=available_backends(vis_backends or []), save_dir=save_dir)

    @master_only
    def add_datasample(self, name: str, image: np.ndarray | None = None, data_sample: FusionDataSample | None = None,
                       step: int = 0, out_file: str | Path | None = None, **kwargs: Any) -> np.ndarray:
        """Draw the panel of one predicted pair.

        Args:
            name: Title in the backends.
            image: Ignored: all images are in the sample.
            data_sample: With predictions.
            step: Iteration.
            out_file: PNG to write; None = hand it to the backends.
            kwargs: Ignored arguments of MMEngine's interface.

        Returns:
            (H, W, 3) RGB panel, uint8.

        Raises:
            ValueError: If there is no data sample.
        """
        if data_sample is None:
            raise ValueError('FusionVisualizer.add_datasample needs data_sample, got None')
        panel = draw_panel(data_sample)
        if out_file is None:
            self.add_image(name, panel, step)
        else:
            write_png(out_file, panel)
        return panel


def available_backends(backends: list[dict]) -> list[dict]:
    """Return the backends whose libraries are installed."""
    if installed_version('tensorboard') is not None:
        return backends
    return [b for b in backends if not (isinstance(b, dict) and b.get('type') == 'TensorboardVisBackend')]
