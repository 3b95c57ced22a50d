"""MMEngine's runner with checkpoints that hold the whole state and run no code."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import torch
from mmengine.dist import all_gather_object, get_rank, is_main_process
from mmengine.evaluator import Evaluator
from mmengine.logging import MMLogger
from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapper
from mmengine.runner import BaseLoop, CheckpointLoader, IterBasedTrainLoop, LogProcessor, Runner
from mmengine.utils import mkdir_or_exist
from torch import nn
from torch.utils.data import DataLoader

from drfuse.engine.interrupt_hook import InterruptHook
from drfuse.engine.loops import FusionEpochTrainLoop, FusionIterTrainLoop, FusionValLoop
from drfuse.engine.rng import get_rng_state, set_rng_state
from drfuse.registry import LOOPS, OPTIMIZERS, RUNNERS
from drfuse.utils.checkpoint import (
    CheckpointError,
    find_last_checkpoint,
    load_weights,
    publish_file,
    read_checkpoint,
)
from drfuse.utils.config import UserError, config_errors
from drfuse.utils.paths import find_weights

# MMEngine's remarks on its own backends, and its table of every hook at every stage
_NOISE = ('"FileClient"', '"HardDiskBackend"', 'Hooks will be executed')


def _load_local(filename: str, map_location: Any = None) -> dict[str, Any]:
    return read_checkpoint(filename)


def _load_url(filename: str, map_location: Any = None) -> dict[str, Any]:
    return torch.hub.load_state_dict_from_url(filename, map_location='cpu', weights_only=True)


# MMEngine's own readers (init_cfg, published checkpoints) leave weights_only to torch's default
CheckpointLoader.register_scheme('', loader=_load_local, force=True)
CheckpointLoader.register_scheme(('http://', 'https://'), loader=_load_url, force=True)


@RUNNERS.register_module()
class FusionRunner(Runner):
    """A runner whose interrupted and resumed training equals the uninterrupted one bit for bit.

    A checkpoint additionally holds the global random states of every rank (``rng``); it is written
    under a temporary name and renamed, and read with ``weights_only=True``. Mistakes in a config
    are raised as one-line :class:`drfuse.utils.config.UserError`.
    """

    _timestamps: ClassVar[set[str]] = set()
    resumed_rng: dict[str, Any] | None = None
    """Random state to take up right before the first iteration after a resume."""
    resumed: bool = False
    """Whether this run continues a checkpoint."""
    validation_rng: dict[str, Any] | None = None
    """Random state of training while a validation runs."""

    def setup_env(self, env_cfg: dict) -> None:
        """Set the environment up; runs begun in the same second of a process get different timestamps.

        MMEngine keys log, message hub and scope by the timestamp, so equal ones would share them.
        """
        super().setup_env(env_cfg)
        stamp, number = self._timestamp, 1
        while self._timestamp in FusionRunner._timestamps:
            self._timestamp, number = f'{stamp}_{number}', number + 1
        FusionRunner._timestamps.add(self._timestamp)

    @property
    def trains_by_epoch(self) -> bool:
        """Whether the training loop, built or not, counts epochs."""
        loop = self._train_loop
        if isinstance(loop, dict):
            kind = loop.get('type')
            kind = LOOPS.get(kind) if isinstance(kind, str) else kind
            return bool(loop.get('by_epoch', True)) if kind is None else not issubclass(kind, IterBasedTrainLoop)
        return not isinstance(loop, IterBasedTrainLoop)

    # ---- saving -----------------------------------------------------------------------------
    def save_checkpoint(self, out_dir: str, filename: str, *args: Any, **kwargs: Any) -> None:
        """Write a checkpoint in one piece; call it on every rank.

        Args:
            out_dir: Folder.
            filename: Name inside it.
            args: As of :meth:`mmengine.runner.Runner.save_checkpoint`.
            kwargs: As of :meth:`mmengine.runner.Runner.save_checkpoint`.
        """
        state = self.validation_rng or get_rng_state()
        self.rng_states = all_gather_object(state)
        if not is_main_process():
            return
        if isinstance(self.optim_wrapper, OptimWrapper) and not self.optim_wrapper.should_update():
            self.logger.warning(f'{filename} is written between two optimizer steps: gradients accumulated so far are '
                                'not in it; let the interval be a multiple of accumulative_counts')
        mkdir_or_exist(out_dir)
        temporary = f'.{filename}.tmp'
        super().save_checkpoint(out_dir, temporary, *args, **kwargs)
        publish_file(Path(out_dir, temporary), Path(out_dir, filename))

    # ---- loading ----------------------------------------------------------------------------
    def load_checkpoint(self, filename: str, map_location: Any = 'cpu', strict: bool | None = None,
                        revise_keys: Any = None) -> dict[str, Any]:
        """Load weights, executing nothing in the file.

        Args:
            filename: Local file, or one of drfuse's own weights.
            map_location: Ignored: a checkpoint is always read to the CPU.
            strict: Whether every name must match; default: yes, except where training starts from ``load_from``.
            revise_keys: Ignored: a ``module.`` prefix is always removed.

        Returns:
            The checkpoint.

        Raises:
            CheckpointError: If the file cannot be read or does not fit the model.
        """
        filename = str(find_weights(filename))
        checkpoint = read_checkpoint(filename)
        if self._resume and not {'meta', 'optimizer', 'message_hub'} <= set(checkpoint):
            raise CheckpointError(f'{filename} holds weights only and cannot be resumed; start from it with '
                                  '--cfg-options load_from=')
        # MMEngine executes this text on a resume; drfuse writes none, so it can only come from someone else
        if checkpoint.get('meta', {}).pop('config', None) is not None:
            self.logger.warning(f'meta.config of {filename} is left out: it would be executed')
        checkpoint.setdefault('state_dict', {k: v for k, v in checkpoint.items() if isinstance(v, torch.Tensor)})
        self.call_hook('after_load_checkpoint', checkpoint=checkpoint)
        fine_tuning = self._train_loop is not None and not self._resume
        strict = not fine_tuning if strict is None else strict
        problems = load_weights(self._plain_model(), checkpoint, filename, strict)
        for problem in problems:
            self.logger.warning(f'{filename}: {problem}')
        self._has_loaded = True
        self.logger.info(f'Load checkpoint from {filename}')
        return checkpoint

    def load_or_resume(self) -> None:
        """Resume or load what the config says; ``resume=True`` alone takes the newest of the work directory."""
        if self._has_loaded:
            return
        if self._resume and self._load_from is None:
            last = find_last_checkpoint(self.work_dir)
            if last is None:
                self._resume = False
                self.logger.warning(f'no checkpoint in {self.work_dir} to resume: training starts from the beginning')
                return
            self._load_from = str(last)
        super().load_or_resume()

    def resume(self, filename: str, resume_optimizer: bool = True, resume_param_scheduler: bool = True,
               map_location: Any = 'cpu') -> None:
        """Continue the training a checkpoint was written by, exactly where it stopped."""
        with self._resuming(filename):
            super().resume(filename, resume_optimizer, resume_param_scheduler, 'cpu')
        self.resumed = True

    @contextmanager
    def _resuming(self, filename: object) -> Iterator[None]:
        """Name the checkpoint when a part of it does not have the form it was written in."""
        try:
            yield
        except UserError:
            raise
        except (LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise CheckpointError(f'{filename} cannot be resumed, a part of it is damaged or from another program '
                                  f'({type(error).__name__}: {error})') from error

    def train(self) -> nn.Module:
        """Train; also after an error, signals go to those who listened before."""
        self._keep_seed()
        try:
            return super().train()
        finally:
            for hook in self.hooks:
                if isinstance(hook, InterruptHook):
                    hook.after_train(self)

    def _keep_seed(self) -> None:
        """Take the seed of the checkpoint to resume if the config has none, before samplers are built from another."""
        if not self._resume or self._randomness_cfg.get('seed') is not None:
            return
        filename = self._load_from or find_last_checkpoint(self.work_dir)
        seed = read_checkpoint(find_weights(filename)).get('meta', {}).get('seed') if filename else None
        if isinstance(seed, int):
            self._randomness_cfg = dict(self._randomness_cfg, seed=seed)
            with self._resuming(filename):
                self.set_randomness(**self._randomness_cfg)
            self.logger.info(f'the config has no seed: {seed} of {filename} is kept')

    def _maybe_compile(self, target: str) -> None:
        """Compile the network of a model that has one, where the config says ``compile``.

        MMEngine compiles the whole training step; of ours the compiler leaves out most, with pages of warnings: the
        transforms of the operators are complex numbers. Validation, on images of any size, stays eager
        (:class:`~drfuse.engine.loops.FusionValLoop`).
        """
        options, network = self.cfg.get('compile'), getattr(self._plain_model(), 'backbone', None)
        if not options or target != 'train_step' or not isinstance(network, nn.Module):
            super()._maybe_compile(target)
            return
        with config_errors(self.cfg.filename):
            network.compile(**({} if options is True else options))
        self.logger.info('the network is compiled in the first iterations, which takes minutes on a CPU')

    def restore_rng(self) -> None:
        """Take up the random state of the checkpoint; once, right before the first batch is fetched."""
        if self.resumed_rng is not None:
            with self._resuming(self._load_from):
                set_rng_state(self.resumed_rng)
            self.resumed_rng = None

    def _plain_model(self) -> nn.Module:
        return self.model.module if is_model_wrapper(self.model) else self.model

    # ---- building ---------------------------------------------------------------------------
    @classmethod
    def from_cfg(cls, cfg: Any) -> 'FusionRunner':
        """Build a runner from a config; see :meth:`mmengine.runner.Runner.from_cfg`."""
        with config_errors(getattr(cfg, 'filename', None)):
            return super().from_cfg(cfg)

    def _guarded(self, build: Callable[[Any], Any], cfg: Any) -> Any:
        with config_errors(self.cfg.filename):
            return build(cfg)

    def build_train_loop(self, loop: BaseLoop | dict) -> BaseLoop:
        """Build the loop; without a ``type``, ``by_epoch`` (default True) chooses between the two of drfuse."""
        if isinstance(loop, dict) and 'type' not in loop:
            by_epoch = loop.pop('by_epoch', True)
            loop['type'] = FusionEpochTrainLoop if by_epoch else FusionIterTrainLoop
        return self._guarded(super().build_train_loop, loop)

    def build_val_loop(self, loop: BaseLoop | dict) -> BaseLoop:
        """Build the validation loop, by default one that leaves the random state alone."""
        if isinstance(loop, dict):
            loop.setdefault('type', FusionValLoop)
        return self._guarded(super().build_val_loop, loop)

    def build_test_loop(self, loop: BaseLoop | dict) -> BaseLoop:
        """Build the test loop."""
        return self._guarded(super().build_test_loop, loop)

    def build_optim_wrapper(self, optim_wrapper: Any) -> Any:
        """Build the optimizer and its wrapper."""
        kind = optim_wrapper.get('optimizer', {}).get('type') if isinstance(optim_wrapper, dict) else None
        if isinstance(kind, str) and OPTIMIZERS.get(kind) is None:  # MMEngine calls what it did not find
            raise UserError(f'{self.cfg.filename}: optimizer {kind} is not in the drfuse::optimizer registry')
        return self._guarded(super().build_optim_wrapper, optim_wrapper)

    def build_param_scheduler(self, scheduler: Any) -> Any:
        """Build the learning rate schedules."""
        return self._guarded(super().build_param_scheduler, scheduler)

    def build_log_processor(self, log_processor: dict | LogProcessor) -> LogProcessor:
        """Build the log processor; without ``by_epoch`` it follows the training loop."""
        if isinstance(log_processor, dict):
            log_processor.setdefault('by_epoch', self.trains_by_epoch)
        return super().build_log_processor(log_processor)

    def build_evaluator(self, evaluator: dict | list | Evaluator) -> Evaluator:
        """Build the metrics."""
        return self._guarded(super().build_evaluator, evaluator)

    @staticmethod
    def build_dataloader(dataloader: DataLoader | dict, seed: int | None = None,
                         diff_rank_seed: bool = False) -> DataLoader:
        """Build a data loader that draws nothing from the global random state."""
        loader = Runner.build_dataloader(dataloader, seed, diff_rank_seed)
        if loader.generator is None:
            loader.generator = torch.Generator().manual_seed((seed or 0) + get_rank())
        return loader

    def build_logger(self, log_level: int | str = 'INFO', log_file: str | None = None, **kwargs: Any) -> MMLogger:
        """Build the logger, without MMEngine's messages about its own file clients."""
        logger = super().build_logger(log_level, log_file, **kwargs)
        logger.addFilter(lambda record: not any(text in record.getMessage() for text in _NOISE))
        return logger
