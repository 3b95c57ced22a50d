"""Ctrl-C and SIGTERM: save and stop."""

import signal
import threading
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import all_reduce, get_world_size, is_main_process
from mmengine.hooks import EMAHook, Hook

from drfuse.registry import HOOKS
from drfuse.utils.checkpoint import LAST_CHECKPOINT, write_atomic

CHECKPOINT_NAME = 'interrupted.pth'
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class TrainingInterrupted(Exception):  # noqa: N818 - not an error
    """Training stopped on request; the state is saved.

    Attributes:
        iteration: Iterations done.
        path: The checkpoint.
    """

    def __init__(self, iteration: int, path: Path) -> None:
        super().__init__(f'interrupted after iteration {iteration}; the state is saved in {path}')
        self.iteration, self.path = iteration, path


@HOOKS.register_module()
class InterruptHook(Hook):
    """On SIGINT or SIGTERM, finish the iteration, save ``interrupted.pth`` and stop.

    A second signal ends the process at once. In several processes a signal to one stops all.
    """

    priority = 'LOWEST'

    def __init__(self) -> None:
        self.requested = False
        self.previous: dict[int, Any] = {}

    def before_train(self, runner: Any) -> None:
        """Start listening."""
        if threading.current_thread() is threading.main_thread():
            self.previous = {number: signal.signal(number, self._request) for number in _SIGNALS}

    def after_train(self, runner: Any) -> None:
        """Stop listening."""
        self._restore()

    def after_train_iter(self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Save and stop if asked to."""
        if self._agreed():
            self._stop(runner, runner.iter + 1)

    def after_val_iter(self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Leave a validation early; it is run again after the resume."""
        if not self.requested or get_world_size() > 1:
            return
        for hook in runner.hooks:
            if isinstance(hook, EMAHook):  # put the training weights back before saving them
                hook.after_val_epoch(runner)
        self._stop(runner, runner.iter)

    def after_val(self, runner: Any) -> None:
        """Save and stop if asked to during a validation."""
        if self.previous and self._agreed():
            self._stop(runner, runner.iter)

    def _request(self, number: int, frame: Any) -> None:
        self.requested = True
        self._restore(keep=True)

    def _restore(self, keep: bool = False) -> None:
        for number, handler in self.previous.items():
            signal.signal(number, handler)
        if not keep:
            self.previous = {}

    def _agreed(self) -> bool:
        """Return whether any process was asked to stop, so that all stop at the same iteration."""
        if get_world_size() == 1:
            return self.requested
        device = torch.device('cuda') if torch.distributed.get_backend() == 'nccl' else torch.device('cpu')
        flag = torch.tensor(int(self.requested), device=device)
        all_reduce(flag, 'max')
        return bool(flag.item())

    def _stop(self, runner: Any, iteration: int) -> None:
        self._restore()
        path = Path(runner.work_dir, CHECKPOINT_NAME)
        runner.save_checkpoint(str(path.parent), path.name, meta=dict(epoch=runner.epoch, iter=iteration),
                               by_epoch=False)
        if is_main_process():
            write_atomic(str(path), Path(runner.work_dir, LAST_CHECKPOINT))
        raise TrainingInterrupted(iteration, path)
