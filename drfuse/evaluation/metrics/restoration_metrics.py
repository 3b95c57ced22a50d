"""PSNR and SSIM of the restored sources."""

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np

from drfuse.evaluation.convention import source_to_uint8, to_uint8
from drfuse.evaluation.functional import psnr, ssim
from drfuse.evaluation.functional.fidelity import PSNR_CAP
from drfuse.evaluation.functional.pair import TooSmallError
from drfuse.evaluation.metrics.per_image_metric import PerImageMetric
from drfuse.registry import METRICS


class RestorationMetric(PerImageMetric):
    """A metric of each restored source against the clean one, on 8-bit luminance.

    The prediction is clamped to [0, 1] and rounded half up to 8 bits. Result names: ``<class>/<modality>`` and
    ``<class>/mean`` over the modalities. A prediction that holds NaN is undefined.

    Args:
        collect_device: Device for collecting results of several ranks, ``cpu`` or ``gpu``.
        prefix: Put before all result names, with a slash.
    """

    @abstractmethod
    def compute_one(self, restored: np.ndarray, clean: np.ndarray) -> float:
        """Return the value of one restored source, both (H, W) uint8."""

    def measure_sample(self, sample: Mapping[str, Any]) -> dict[str, float]:
        """Return the value of every modality of one data sample and their mean."""
        restored, clean = sample['pred_sources'], sample.get('gt_sources')
        if clean is None:
            raise ValueError(f'{type(self).__name__} needs gt_sources in the data samples, which hold {sorted(sample)}')
        modalities = sample.get('modalities') or [str(i) for i in range(len(clean))]
        values = [math.nan if bool(x.isnan().any()) else self.compute_one(to_uint8(x), source_to_uint8(y))
                  for x, y in zip(restored, clean, strict=True)]
        name = type(self).__name__
        table = {f'{name}/{modality}': value for modality, value in zip(modalities, values, strict=True)}
        return {**table, f'{name}/mean': math.fsum(values) / len(values)}


@METRICS.register_module()
class PSNR(RestorationMetric):
    """Peak signal-to-noise ratio in dB per modality: peak 255, mean of per-image dB, identical images count 100 dB.

    Args:
        collect_device: Device for collecting results of several ranks, ``cpu`` or ``gpu``.
        prefix: Put before all result names, with a slash.
    """

    def compute_one(self, restored: np.ndarray, clean: np.ndarray) -> float:
        """Return the PSNR in dB, at most 100."""
        return min(float(psnr(restored, clean)), PSNR_CAP)


@METRICS.register_module()
class SSIM(RestorationMetric):
    """Structural similarity per modality, see :func:`drfuse.evaluation.functional.ssim`.

    Args:
        collect_device: Device for collecting results of several ranks, ``cpu`` or ``gpu``.
        prefix: Put before all result names, with a slash.
    """

    def compute_one(self, restored: np.ndarray, clean: np.ndarray) -> float:
        """Return the SSIM; undefined where the image is smaller than its window."""
        try:
            return float(ssim(restored, clean))
        except TooSmallError:
            return math.nan
