"""Logging of losses."""

from typing import Any

from mmengine.hooks import LoggerHook

from drfuse.registry import HOOKS


@HOOKS.register_module()
class FusionLoggerHook(LoggerHook):
    """MMEngine's hook, which also logs the first iteration of a run.

    Metrics are logged against iterations, also where training counts epochs, so that all curves share an axis.

    Args:
        interval: Iterations between logs.
        options: Those of :class:`mmengine.hooks.LoggerHook`.
    """

    first = True

    def __init__(self, interval: int = 20, **options: Any) -> None:
        super().__init__(interval=interval, **{'log_metric_by_epoch': False, **options})

    def after_train_iter(self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Log at the first iteration, then at every interval."""
        first, self.first = self.first, False
        interval = self.interval
        if first:
            self.interval = 1
        super().after_train_iter(runner, batch_idx, data_batch, outputs)
        self.interval = interval
