"""Panels of a few fixed validation samples."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook

from drfuse.registry import HOOKS
from drfuse.visualization.image_writer import safe_name, write_png
from drfuse.visualization.panel import draw_panel

PANEL_DIR = 'panels'


@HOOKS.register_module()
class FusionVisualizationHook(Hook):
    """Writes ``<work_dir>/panels/<stem>/iter_<n>.png`` for the first samples of every validation.

    Args:
        num_samples: How many samples; 0 switches the hook off.
        interval: Draw at every n-th validation.
    """

    priority = 'LOW'

    def __init__(self, num_samples: int = 2, interval: int = 1) -> None:
        if num_samples < 0 or interval < 1:
            raise ValueError(f'FusionVisualizationHook needs num_samples >= 0 and interval >= 1, '
                             f'got {num_samples} and {interval}')
        self.num_samples, self.interval = num_samples, interval
        self.validations = self.drawn = 0

    def before_val_epoch(self, runner: Any) -> None:
        """Begin counting."""
        self.drawn = 0 if self.validations % self.interval == 0 else self.num_samples
        self.validations += 1

    def after_val_iter(self, runner: Any, batch_idx: int, data_batch: Any = None,
                       outputs: Sequence[Any] | None = None) -> None:
        """Draw until enough are drawn."""
        if not is_main_process():
            return
        for sample in list(outputs or ())[:self.num_samples - self.drawn]:
            stem = safe_name(str(sample.get('stem', self.drawn)))
            write_png(Path(runner.work_dir, PANEL_DIR, stem, f'iter_{runner.iter}.png'), draw_panel(sample))
            self.drawn += 1
