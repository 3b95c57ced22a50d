"""Metrics without a reference, from the pyiqa library (optional)."""

import importlib
import math
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import torch

from drfuse.evaluation.convention import saved_luminance
from drfuse.evaluation.metrics.per_image_metric import PerImageMetric
from drfuse.registry import METRICS


def load_pyiqa() -> ModuleType:
    """Import pyiqa.

    Raises:
        ImportError: With the command that installs it.
    """
    try:
        return importlib.import_module('pyiqa')
    except ImportError as error:
        raise ImportError(f'no-reference metrics need pyiqa ({error}): pip install pyiqa') from None


@METRICS.register_module()
class NoReference(PerImageMetric):
    """NIQE, BRISQUE and other metrics of pyiqa on the saved 8-bit luminance of the fused image.

    They judge naturalness, not fusion: a copy of the visible image does well. Result names are pyiqa's
    (``niqe``); range and direction are pyiqa's as well (NIQE and BRISQUE: lower is better). A prediction that holds
    NaN is undefined.

    Args:
        metrics: Names that ``pyiqa.create_metric`` knows.
        device: Where pyiqa computes.
        collect_device: Device for collecting results of several ranks, ``cpu`` or ``gpu``.
        prefix: Put before all result names, with a slash.

    Raises:
        ImportError: If pyiqa is not installed; the message has the command that installs it.
    """

    def __init__(self, metrics: Sequence[str] = ('niqe',), device: str = 'cpu', collect_device: str = 'cpu',
                 prefix: str | None = None) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        pyiqa = load_pyiqa()
        self._device = device
        self._metrics = {name: pyiqa.create_metric(name, device=device) for name in metrics}

    def measure_sample(self, sample: Mapping[str, Any]) -> dict[str, float]:
        """Return the values of one data sample by name."""
        if bool(sample['pred_fused'].isnan().any()):
            return dict.fromkeys(self._metrics, math.nan)
        image = torch.from_numpy(saved_luminance(sample)).float() / 255
        batch = image.expand(1, 3, -1, -1).to(self._device)
        with torch.no_grad():
            return {name: float(metric(batch)) for name, metric in self._metrics.items()}
