"""Base of metrics of the fused image against its sources."""

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from drfuse.evaluation.convention import check_against, saved_luminance, source_luminance
from drfuse.evaluation.metrics.per_image_metric import PerImageMetric


class FusionMetric(PerImageMetric):
    """One fused image at a time against its sources, on 8-bit luminance of the saved result.

    A subclass implements :meth:`compute_one`. Result names end in ``/clean`` or ``/observed``.

    Args:
        against: ``clean`` (the labels) or ``observed`` (what the model got; a source of lower resolution is
            enlarged bicubically).
        collect_device: Device for collecting results of several ranks, ``cpu`` or ``gpu``.
        prefix: Put before all result names, with a slash.

    Raises:
        ValueError: For another ``against``.
    """

    higher_is_better: ClassVar[bool] = True

    def __init__(self, against: str = 'clean', collect_device: str = 'cpu', prefix: str | None = None) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        check_against(against)
        self.against = against

    @abstractmethod
    def compute_one(self, fused: np.ndarray, sources: tuple[np.ndarray, ...]) -> float | dict[str, float]:
        """Return the value, or values by name, of one image; NaN = undefined.

        Args:
            fused: (H, W) uint8 luminance of the saved result.
            sources: (H, W) uint8 luminance of the sources.
        """

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the values that :meth:`compute_one` returns; a single value has the name of the class."""
        return (type(self).__name__,)

    def measure_sample(self, sample: Mapping[str, Any]) -> dict[str, float]:
        """Return the values of one data sample; a prediction that holds NaN makes all of them undefined."""
        if bool(sample['pred_fused'].isnan().any()):
            values: float | dict[str, float] = dict.fromkeys(self.names, math.nan)
        else:
            values = self.compute_one(saved_luminance(sample), source_luminance(sample, self.against))
        if not isinstance(values, dict):
            values = {type(self).__name__: values}
        return {f'{name}/{self.against}': float(value) for name, value in values.items()}
