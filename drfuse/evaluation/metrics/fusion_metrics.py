"""The fusion metrics in the form that configs use."""

from collections.abc import Sequence

import numpy as np

from drfuse.evaluation.functional import CATALOG, PAPER_METRICS, VARIANTS, measure, metric_specs
from drfuse.evaluation.functional.catalog import Score
from drfuse.evaluation.metrics.base_fusion_metric import FusionMetric
from drfuse.registry import METRICS


def flatten_scores(scores: dict[str, Score]) -> dict[str, float]:
    """Return values by name; a sum over sources adds its terms ``<name>_a``, ``<name>_b``, ... and the weaker one.

    The weaker one is ``<name>_min``, or ``<name>_max`` for a metric of which less is better.
    """
    values = {}
    for name, score in scores.items():
        values[name] = score.value
        for letter, half in zip('abcdefgh', score.halves, strict=False):
            values[f'{name}_{letter}'] = half
        if score.halves:
            better = CATALOG[name].higher_is_better
            values[f'{name}_{"min" if better else "max"}'] = score.weaker_half(better)
    return values


@METRICS.register_module()
class FusionMetrics(FusionMetric):
    """Several fusion metrics at once, sharing the work they have in common.

    Result names: ``QABF/clean``, for sums over the sources also ``QABF_a/clean``, ``QABF_b/clean`` (the terms, in
    the order of the sources) and ``QABF_min/clean`` (the smaller one).

    Args:
        metrics: Names of :data:`drfuse.evaluation.functional.CATALOG`; default: the paper's six.
        variant: ``yuliu`` (default, the convention of the paper's group) or ``zliu`` (the 2012 toolbox).
        halves: Report the terms as well.
        against: ``clean`` or ``observed``.
        workers: Threads per image; ``None`` = all cores of this process.
        collect_device: Device for collecting results of several ranks, ``cpu`` or ``gpu``.
        prefix: Put before all result names, with a slash.

    Raises:
        ValueError: For an unknown metric or variant.
    """

    def __init__(self, metrics: Sequence[str] = PAPER_METRICS, variant: str = 'yuliu', halves: bool = True,
                 against: str = 'clean', workers: int | None = None, collect_device: str = 'cpu',
                 prefix: str | None = None) -> None:
        super().__init__(against=against, collect_device=collect_device, prefix=prefix)
        if variant not in VARIANTS:
            raise ValueError(f'variant must be one of {VARIANTS}, got {variant!r}')
        metric_specs(metrics)
        self.metrics, self.variant, self.halves, self.workers = tuple(metrics), variant, halves, workers

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the values without the terms."""
        return self.metrics

    def compute_one(self, fused: np.ndarray, sources: tuple[np.ndarray, ...]) -> dict[str, float]:
        """Return the values of one image by name; a metric whose window does not fit is undefined."""
        scores = measure(fused, sources, self.metrics, self.variant, self.workers, too_small='undefined')
        return flatten_scores(scores) if self.halves else {name: score.value for name, score in scores.items()}


class _OneMetric(FusionMetrics):
    """A single metric of the catalogue, named like the class."""

    def __init__(self, variant: str = 'yuliu', halves: bool = True, against: str = 'clean',
                 workers: int | None = None, collect_device: str = 'cpu', prefix: str | None = None) -> None:
        super().__init__((type(self).__name__,), variant, halves, against, workers, collect_device, prefix)


@METRICS.register_module()
class QMI(_OneMetric):
    """Normalised mutual information, see :func:`drfuse.evaluation.functional.q_mi`. Arguments as FusionMetrics."""


@METRICS.register_module()
class QNCIE(_OneMetric):
    """Nonlinear correlation information entropy, see :func:`drfuse.evaluation.functional.q_ncie`."""


@METRICS.register_module()
class QABF(_OneMetric):
    """Gradient transfer, see :func:`drfuse.evaluation.functional.q_abf`. Arguments as FusionMetrics."""


@METRICS.register_module()
class QP(_OneMetric):
    """Phase congruency transfer, see :func:`drfuse.evaluation.functional.q_p`. Arguments as FusionMetrics."""


@METRICS.register_module()
class QCB(_OneMetric):
    """Perceptual contrast preservation, see :func:`drfuse.evaluation.functional.q_cb`. Arguments as FusionMetrics."""


@METRICS.register_module()
class QW(_OneMetric):
    """Weighted fusion quality, see :func:`drfuse.evaluation.functional.q_w`. Arguments as FusionMetrics."""
