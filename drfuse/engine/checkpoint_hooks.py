"""When checkpoints are written and what is in them."""

from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.dist import get_rank, get_world_size, is_main_process
from mmengine.hooks import CheckpointHook, Hook
from mmengine.logging import HistoryBuffer

from drfuse.registry import HOOKS
from drfuse.utils.checkpoint import LAST_CHECKPOINT, plain, write_atomic


@HOOKS.register_module()
class FusionCheckpointHook(CheckpointHook):
    """MMEngine's hook, but a kill at any moment leaves a complete checkpoint to resume from.

    The new file is written first, then ``last_checkpoint`` is pointed to it, and only then the
    outdated file is removed.

    Args:
        interval: Iterations or epochs between checkpoints; None = as often as validation.
        by_epoch: What ``interval`` counts; None = what the training loop counts.
        options: Those of :class:`mmengine.hooks.CheckpointHook`.
    """

    keep_ckpt_ids: deque

    def __init__(self, interval: int | None = None, by_epoch: bool | None = None, **options: Any) -> None:
        super().__init__(interval=-1 if interval is None else interval, by_epoch=bool(by_epoch), **options)
        self.unresolved = (interval is None, by_epoch is None, options.get('filename_tmpl') is None)

    def before_train(self, runner: Any) -> None:
        """Settle what was left to the training loop."""
        interval_open, by_epoch_open, name_open = self.unresolved
        if by_epoch_open:
            self.by_epoch = runner.trains_by_epoch
        if interval_open:
            self.interval = runner.val_interval
        if name_open:
            self.filename_tmpl = 'epoch_{}.pth' if self.by_epoch else 'iter_{}.pth'
        super().before_train(runner)

    def _save_checkpoint_with_step(self, runner: Any, step: int, meta: dict) -> None:
        outdated = self._note_step(runner, step) if self.max_keep_ckpts > 0 else None
        filename = self.filename_tmpl.format(step)
        self.last_ckpt = str(Path(self.out_dir, filename))
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        runner.save_checkpoint(self.out_dir, filename, save_optimizer=self.save_optimizer,
                               save_param_scheduler=self.save_param_scheduler, meta=meta, by_epoch=self.by_epoch,
                               backend_args=self.backend_args)
        if not is_main_process():
            return
        write_atomic(self.last_ckpt, Path(runner.work_dir, LAST_CHECKPOINT))
        if outdated is not None:
            Path(self.out_dir, self.filename_tmpl.format(outdated)).unlink(missing_ok=True)

    def _note_step(self, runner: Any, step: int) -> int | None:
        """Remember a step; return the one whose file is outdated by it."""
        outdated = None
        if not self.keep_ckpt_ids or self.keep_ckpt_ids[-1] != step:
            outdated = self.keep_ckpt_ids.popleft() if len(self.keep_ckpt_ids) == self.max_keep_ckpts else None
            self.keep_ckpt_ids.append(step)
            runner.message_hub.update_info('keep_ckpt_ids', list(self.keep_ckpt_ids))
        return outdated


@HOOKS.register_module()
class PlainCheckpointHook(Hook):
    """Keeps everything but tensors and plain values out of checkpoints, and adds the random states.

    With it a checkpoint can be read with ``weights_only=True``. The random states of Python, NumPy,
    torch and CUDA are saved for each rank and restored right before the first iteration of a resume.
    """

    priority = 'LOWEST'

    def before_save_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Replace MMEngine's objects by plain values."""
        hub = checkpoint['message_hub']
        checkpoint['message_hub'] = dict(
            plain=True, resumed_keys=dict(hub['resumed_keys']), runtime_info=plain(dict(hub['runtime_info'])),
            log_scalars={name: _pack(buffer) for name, buffer in hub['log_scalars'].items()})
        checkpoint['meta'] = plain(checkpoint['meta'])
        if 'param_schedulers' in checkpoint:
            checkpoint['param_schedulers'] = plain(checkpoint['param_schedulers'])
        states = getattr(runner, 'rng_states', None)
        if states is not None:
            checkpoint['rng'] = states

    def after_load_checkpoint(self, runner: Any, checkpoint: dict) -> None:
        """Rebuild MMEngine's objects."""
        hub = checkpoint.get('message_hub')
        if isinstance(hub, dict) and hub.pop('plain', False):
            hub['log_scalars'] = {name: _unpack(packed) for name, packed in hub['log_scalars'].items()}
        if not getattr(runner, '_resume', False):
            return
        states = checkpoint.pop('rng', None)
        if states is None or len(states) != get_world_size():
            runner.logger.warning(f'the checkpoint has random states of {len(states or ())} processes, this run has '
                                  f'{get_world_size()}: it continues, but not bit for bit')
        else:
            runner.resumed_rng = states[get_rank()]


def _pack(buffer: HistoryBuffer) -> dict[str, Any]:
    values, counts = buffer.data
    return dict(values=torch.as_tensor(np.asarray(values, dtype=np.float64)),
                counts=torch.as_tensor(np.asarray(counts, dtype=np.int64)), max_length=buffer.max_length)


def _unpack(packed: dict[str, Any]) -> HistoryBuffer:
    return HistoryBuffer(packed['values'].tolist(), packed['counts'].tolist(), packed['max_length'])
