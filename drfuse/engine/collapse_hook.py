"""A watch over fusion that stops fusing."""

from typing import Any

from mmengine.hooks import Hook

from drfuse.registry import HOOKS

WEIGHT, LIKENESS = 'weight_', 'likeness_'
"""Prefixes of what a model logs of each source: mean fusion weight, and correlation with the fused image."""


@HOOKS.register_module()
class CollapseHook(Hook):
    """Warns if the fused image becomes a copy of one source: several metrics of fusion reward that.

    It looks at running means of what the model logs: the mean weight of each source and the correlation of the fused
    image with each restored source.

    Args:
        interval: Iterations over which the means run, and between warnings.
        max_weight: A mean weight above it, or below 1 - max_weight, is a collapse.
        max_likeness: A correlation above it is a collapse, unless the sources are as alike themselves.

    Raises:
        ValueError: If the interval is below 1 or a limit not in (0.5, 1].
    """

    priority = 'LOW'

    def __init__(self, interval: int = 100, max_weight: float = 0.9, max_likeness: float = 0.98) -> None:
        if interval < 1 or not all(0.5 < limit <= 1 for limit in (max_weight, max_likeness)):
            raise ValueError(f'CollapseHook needs interval >= 1 and limits in (0.5, 1], got {interval}, '
                             f'{max_weight} and {max_likeness}')
        self.interval, self.max_weight, self.max_likeness = interval, max_weight, max_likeness
        self._sums: dict[str, float] = {}
        self._count = 0

    def after_train_iter(self, runner: Any, batch_idx: int, data_batch: Any = None,
                         outputs: dict[str, Any] | None = None) -> None:
        """Add up, and judge at every interval."""
        for name, value in (outputs or {}).items():
            if name.startswith((WEIGHT, LIKENESS)):
                self._sums[name] = self._sums.get(name, 0.0) + float(value)
        self._count += 1
        if self._count == self.interval:
            for fault in self.faults({name: total / self._count for name, total in self._sums.items()}):
                runner.logger.warning(f'fusion collapses: {fault}; balance the fusion losses or bound the logits '
                                      '(sampler.fusion.max_logit)')
            self._sums, self._count = {}, 0

    def faults(self, means: dict[str, float]) -> list[str]:
        """Return what is wrong with the means, one text each."""
        found = [f'mean {name} is {value:.3f}, outside {1 - self.max_weight:.2g}..{self.max_weight:.2g}'
                 for name, value in means.items()
                 if name.startswith(WEIGHT) and not 1 - self.max_weight <= value <= self.max_weight]
        likeness = {name: value for name, value in means.items() if name.startswith(LIKENESS)}
        # with sources that are alike the fused image resembles all of them, and that is no collapse
        if likeness and min(likeness.values()) <= self.max_likeness:
            found += [f'mean {name} is {value:.3f}, above {self.max_likeness:.2g}'
                      for name, value in likeness.items() if value > self.max_likeness]
        return found
