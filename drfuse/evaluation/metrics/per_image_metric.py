"""What all metrics of the package share: a table of values per image and means that say what they leave out."""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log


class PerImageMetric(BaseMetric):
    """A metric of single images; the mean and the per-image table come from here.

    An undefined value (NaN) never enters a mean: it is counted under ``<name>/undefined`` and logged.
    Results of several ranks are collected by MMEngine and cut to the size of the data set, so uneven shards are exact.

    Args:
        collect_device: Device for collecting results of several ranks, ``cpu`` or ``gpu``.
        prefix: Put before all result names, with a slash.

    Attributes:
        per_image: After evaluation on the main rank: stem to (name to value).
    """

    def __init__(self, collect_device: str = 'cpu', prefix: str | None = None) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix or type(self).__name__)
        self.prefix = prefix
        self.per_image: dict[str, dict[str, float]] = {}

    def measure_sample(self, sample: Mapping[str, Any]) -> dict[str, float]:
        """Return the values of one data sample by name; NaN = undefined."""
        raise NotImplementedError

    def process(self, data_batch: Any, data_samples: Sequence[Mapping[str, Any]]) -> None:  # noqa: ANN401
        """Compute the values of a batch of predictions and keep them until all are there."""
        for sample in data_samples:
            self.results.append(dict(stem=str(sample.get('stem', len(self.results))),
                                     values=self.measure_sample(sample)))

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Return the mean of every name over the images where it is defined, and what was left out."""
        self.per_image = {result['stem']: result['values'] for result in results}
        names = dict.fromkeys(name for result in results for name in result['values'])
        metrics: dict[str, float] = {}
        for name in names:
            values = [result['values'].get(name, math.nan) for result in results]
            mean, undefined = mean_of_defined(values)
            metrics[name] = mean
            if undefined:
                metrics[f'{name}/undefined'] = undefined
                print_log(f'{name} is undefined for {undefined} of {len(values)} images, which its mean leaves out',
                          logger='current', level=logging.WARNING)
        return metrics


def mean_of_defined(values: Sequence[float]) -> tuple[float, int]:
    """Return the mean of the values that are not NaN (NaN if there is none) and the number of those that are."""
    defined = [value for value in values if not math.isnan(value)]
    mean = math.fsum(defined) / len(defined) if defined else math.nan
    return mean, len(values) - len(defined)
