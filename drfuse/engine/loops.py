"""Training and validation loops that can stop and continue anywhere."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import torch
from mmengine.runner import BaseLoop, EpochBasedTrainLoop, IterBasedTrainLoop, ValLoop
from mmengine.runner.utils import calc_dynamic_intervals
from torch.utils.data import DataLoader

from drfuse.engine.rng import preserved_rng
from drfuse.registry import LOOPS
from drfuse.utils.checkpoint import CheckpointError

# not named val...: MMEngine would print it among the metrics
VALIDATED = 'full_validation_iter'
"""Key of the message hub: iteration after which the last complete validation ran."""


def set_position(dataloader: Any, epoch: int, start: int) -> int:
    """Tell the samplers of a data loader where to begin.

    Args:
        dataloader: The training data loader.
        epoch: Epoch whose order is used.
        start: Batches of it to leave out.

    Returns:
        How many batches the sampler could not leave out by itself; they have to be loaded and dropped.
    """
    batch_sampler = dataloader.batch_sampler
    for sampler in (batch_sampler, getattr(batch_sampler, 'sampler', None), dataloader.sampler):
        if hasattr(sampler, 'set_epoch'):
            sampler.set_epoch(epoch)
    if hasattr(batch_sampler, 'set_start'):
        batch_sampler.set_start(start)
        return 0
    return start


def _check_count(name: str, value: Any) -> None:
    if not isinstance(value, int | float) or value != int(value) or value < 1:
        raise ValueError(f'train_cfg.{name} must be an integer >= 1, got {value!r}')


def _skip(iterator: Iterator, count: int) -> Iterator:
    for _ in range(count):
        next(iterator)
    return iterator


class _PendingValidation:
    """Runs a validation the checkpoint was written in front of."""

    def _validate_if_pending(self, due: bool) -> None:
        runner = self.runner
        done = runner.message_hub.runtime_info.get(VALIDATED, 0)
        if runner.resumed and due and runner.val_loop is not None and done < runner.iter:
            runner.restore_rng()
            runner.val_loop.run()


@LOOPS.register_module()
class FusionEpochTrainLoop(_PendingValidation, EpochBasedTrainLoop):
    """Epoch-based training; a resume in mid-epoch begins with the next batch and loads none before it.

    Args are those of :class:`mmengine.runner.EpochBasedTrainLoop`.
    """

    def __init__(self, runner: Any, dataloader: DataLoader | dict, max_epochs: int, val_begin: int = 1,
                 val_interval: int = 1, dynamic_intervals: list[tuple[int, int]] | None = None) -> None:
        _check_count('max_epochs', max_epochs)
        _check_count('val_interval', val_interval)
        super().__init__(runner, dataloader, max_epochs, val_begin, val_interval, dynamic_intervals)

    def run(self) -> Any:
        """Train; first catch up on a validation that was due when the checkpoint was written."""
        runner = self.runner
        runner.call_hook('before_train')
        at_boundary = self._epoch > 0 and self._iter == self._epoch * len(self.dataloader)
        self._validate_if_pending(at_boundary and self._validation_due())
        while self._epoch < self._max_epochs and not self.stop_training:
            self.run_epoch()
            self._decide_current_val_interval()
            if runner.val_loop is not None and self._validation_due():
                runner.val_loop.run()
        runner.call_hook('after_train')
        return runner.model

    def run_epoch(self) -> None:
        """Iterate the rest of one epoch."""
        runner, length = self.runner, len(self.dataloader)
        start = self._iter - self._epoch * length
        if not 0 <= start <= length:
            raise CheckpointError(f'the checkpoint stopped at epoch {self._epoch}, iteration {self._iter}, but an '
                                  f'epoch has {length} iterations now: the data or the batch size changed')
        runner.call_hook('before_train_epoch')
        runner.model.train()
        runner.restore_rng()
        if start < length:
            drop = set_position(self.dataloader, self._epoch, start)
            for idx, data_batch in enumerate(_skip(iter(self.dataloader), drop), start):
                self.run_iter(idx, data_batch)
        runner.call_hook('after_train_epoch')
        self._epoch += 1

    def _validation_due(self) -> bool:
        at_interval = self._epoch % self.val_interval == 0 or self._epoch == self._max_epochs
        return self._epoch >= self.val_begin and at_interval


class _EndlessBatches:
    """Iterates over a data loader again and again; epoch and start follow from the number of batches seen."""

    def __init__(self, dataloader: Any, seen: int) -> None:
        self.dataloader = dataloader
        infinite = bool(getattr(dataloader.batch_sampler, 'infinite', False))
        self.epoch, start = (0, seen) if infinite else divmod(seen, len(dataloader))
        self._begin(start)

    def _begin(self, start: int) -> None:
        drop = set_position(self.dataloader, self.epoch, start)
        self.iterator = _skip(iter(self.dataloader), drop)

    def __iter__(self) -> '_EndlessBatches':
        return self

    def __next__(self) -> Any:
        try:
            return next(self.iterator)
        except StopIteration:
            self.epoch += 1
            self._begin(0)
            return next(self.iterator)


@LOOPS.register_module()
class FusionIterTrainLoop(_PendingValidation, IterBasedTrainLoop):
    """Iteration-based training; a resume loads no batch that was already trained on.

    Args are those of :class:`mmengine.runner.IterBasedTrainLoop`.
    """

    def __init__(self, runner: Any, dataloader: DataLoader | dict, max_iters: int, val_begin: int = 1,
                 val_interval: int = 1000, dynamic_intervals: list[tuple[int, int]] | None = None) -> None:
        # not IterBasedTrainLoop's: it starts loading before the iteration to begin with is known
        BaseLoop.__init__(self, runner, dataloader)
        _check_count('max_iters', max_iters)
        _check_count('val_interval', val_interval)
        self._max_iters, self._max_epochs = int(max_iters), 1
        self._epoch = self._iter = 0
        self.val_begin, self.val_interval = val_begin, val_interval
        self.stop_training = False
        runner.visualizer.dataset_meta = getattr(self.dataloader.dataset, 'metainfo', None)
        self.dynamic_milestones, self.dynamic_intervals = calc_dynamic_intervals(val_interval, dynamic_intervals)

    def run(self) -> Any:
        """Train until ``max_iters``."""
        runner = self.runner
        runner.call_hook('before_train')
        runner.call_hook('before_train_epoch')
        self._validate_if_pending(self._iter > 0 and self._validation_due())
        runner.restore_rng()
        if self._iter < self._max_iters:
            batches = _EndlessBatches(self.dataloader, self._iter)
        while self._iter < self._max_iters and not self.stop_training:
            runner.model.train()
            self.run_iter(next(batches))
            self._decide_current_val_interval()
            if runner.val_loop is not None and self._validation_due():
                runner.val_loop.run()
        runner.call_hook('after_train_epoch')
        runner.call_hook('after_train')
        return runner.model

    def _validation_due(self) -> bool:
        at_interval = self._iter % self.val_interval == 0 or self._iter == self._max_iters
        return self._iter >= self.val_begin and at_interval


@LOOPS.register_module()
class FusionValLoop(ValLoop):
    """Validation that leaves the global random state of training untouched.

    Args are those of :class:`mmengine.runner.ValLoop`.
    """

    def run(self) -> dict:
        """Validate; return the metrics."""
        runner = self.runner
        # a compiled network would be compiled again for every size of image
        eager = torch.compiler.set_stance('force_eager') if runner.cfg.get('compile') else nullcontext()
        with preserved_rng() as state, eager:
            runner.validation_rng = state
            try:
                return super().run()
            finally:
                runner.validation_rng = None

    def run_iter(self, idx: int, data_batch: Any) -> None:
        """Predict one batch and hand it to the metrics."""
        super().run_iter(idx, data_batch)
        if idx + 1 == len(self.dataloader):
            self.runner.message_hub.update_info(VALIDATED, self.runner.iter)
