"""The reverse process of a few samples, step by step."""

import json
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper

from drfuse.diffusion.output import StepRecord
from drfuse.registry import HOOKS
from drfuse.utils.checkpoint import write_atomic
from drfuse.visualization.image_writer import safe_name, to_uint8, write_png
from drfuse.visualization.panel import draw_grid

TRAJECTORY_DIR = 'trajectories'


@HOOKS.register_module()
class TrajectoryHook(Hook):
    """Writes estimates, weights and residual norms of every step for the first samples of each validation.

    Files: ``<work_dir>/trajectories/<stem>/iter_<n>.png``, one row per step t = T..1 with
    x0_t of [X1..XM, Xf] and the M weight maps, and ``iter_<n>.json`` with the residuals
    rms(A_i x_i - y_i) and correction scales. It costs one more forward pass per drawn batch.
    A model without sampler and backbone, or whose sampler returns no trajectory, is told once and left alone.

    Args:
        num_samples: How many samples; 0 switches the hook off.
        interval: Write at every n-th validation.
    """

    priority = 'LOW'

    def __init__(self, num_samples: int = 1, interval: int = 1) -> None:
        if num_samples < 0 or interval < 1:
            raise ValueError(f'TrajectoryHook needs num_samples >= 0 and interval >= 1, '
                             f'got {num_samples} and {interval}')
        self.num_samples, self.interval = num_samples, interval
        self.validations = self.done = 0

    def before_val_epoch(self, runner: Any) -> None:
        """Begin counting."""
        self.done = 0 if self.validations % self.interval == 0 else self.num_samples
        self.validations += 1

    def after_val_iter(self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Sample again, with the trajectory, until enough are written."""
        if not is_main_process() or self.done >= self.num_samples:
            return
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        missing = [name for name in ('sampler', 'backbone') if getattr(model, name, None) is None]
        if missing:
            self._switch_off(runner, f'{type(model).__name__} has no {" and no ".join(missing)}')
            return
        with torch.no_grad():
            data = model.data_preprocessor(data_batch, False)
            result = model.sampler(model.backbone, list(data['inputs'].values()), return_trajectory=True)
        if not result.trajectory:
            self._switch_off(runner, f'{type(model.sampler).__name__} returns no trajectory')
            return
        modalities = list(data['inputs'])
        for b, sample in enumerate(list(outputs or ())[:self.num_samples - self.done]):
            stem = safe_name(str(sample.get('stem', self.done)))
            folder = Path(runner.work_dir, TRAJECTORY_DIR, stem)
            write_png(folder / f'iter_{runner.iter}.png', draw_trajectory(result.trajectory, b, modalities))
            write_atomic(json.dumps(trajectory_norms(result.trajectory, modalities), indent=2),
                         folder / f'iter_{runner.iter}.json')
            self.done += 1

    def _switch_off(self, runner: Any, reason: str) -> None:
        runner.logger.warning(f'TrajectoryHook is off: {reason}')
        self.num_samples = 0


def draw_trajectory(trajectory: list[StepRecord], index: int, modalities: list[str]) -> Any:
    """Draw one row per step: estimates of the sources and the fused image, then the weights if there are some.

    Args:
        trajectory: Records of a batch, T..1.
        index: Position in the batch.
        modalities: Names of the sources.

    Returns:
        (H, W, 3) RGB, uint8.
    """
    rows = []
    for record in trajectory:
        names = [f't={record.t} {name}' for name in [*modalities, 'fused']]
        row = [(name, to_uint8(x)) for name, x in zip(names, record.x0[index], strict=True)]
        if record.weights is not None:
            row += [(f'w {name}', to_uint8(w)) for name, w in zip(modalities, record.weights[index], strict=True)]
        rows.append(row)
    return draw_grid(rows)


def trajectory_norms(trajectory: list[StepRecord], modalities: list[str]) -> list[dict[str, Any]]:
    """Return, for each step of a batch, the residual norm of each source and the correction scales."""
    return [dict(t=record.t, residuals=dict(zip(modalities, map(float, record.residuals), strict=True)),
                 scales=[float(s) for s in record.scales]) for record in trajectory]
