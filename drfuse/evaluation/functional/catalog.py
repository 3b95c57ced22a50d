"""Every fusion metric by name, and the one function that computes several of them for a pair."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from drfuse.evaluation.functional.arrays import Array, namespace, scalar
from drfuse.evaluation.functional.chen_blum import q_cb_terms
from drfuse.evaluation.functional.edge_preservation import q_abf_terms
from drfuse.evaluation.functional.mutual_information import q_mi_terms
from drfuse.evaluation.functional.nonlinear_correlation import q_ncie_value
from drfuse.evaluation.functional.pair import Pair, check_variant
from drfuse.evaluation.functional.piella import piella_terms, q_e_value
from drfuse.evaluation.functional.strips import parallel_map
from drfuse.evaluation.functional.zhao import q_p_value

PAPER_METRICS = ('QMI', 'QNCIE', 'QABF', 'QP', 'QCB', 'QW')
"""The six metrics of the paper's tables, in their order."""


class Score(NamedTuple):
    """Value of a metric and, for a sum of one term per source, the terms.

    Attributes:
        value: Float, or tensor (B,) for a batch.
        halves: One term per source in their order; empty if the metric is no such sum.
    """

    value: Any
    halves: tuple[Any, ...] = ()

    @property
    def smaller_half(self) -> Any:  # noqa: ANN401 - float or tensor, as ``value``
        """The smaller term: a copy of one source cannot hide in it."""
        smallest = self.halves[0]
        for half in self.halves[1:]:
            smallest = namespace(smallest).minimum(smallest, half)
        return smallest


@dataclass(frozen=True)
class MetricSpec:
    """What is known of a metric by name.

    Attributes:
        name: Name in configs, on the command line and in results.
        label: Name in tables.
        compute: Function of a checked pair and the variant.
        higher_is_better: Direction.
        has_variants: Whether ``yuliu`` and ``zliu`` differ.
        has_threads: Whether ``compute`` spreads itself over threads.
    """

    name: str
    label: str
    compute: Callable[[Pair, str], Score]
    higher_is_better: bool = True
    has_variants: bool = False
    has_threads: bool = False


def _sum(terms: Sequence[Any]) -> Score:
    return Score(sum(terms), tuple(terms))


_SPECS = (
    MetricSpec('QMI', 'Q_MI', lambda pair, _: _sum(q_mi_terms(pair))),
    MetricSpec('QNCIE', 'Q_NCIE', lambda pair, _: Score(q_ncie_value(pair))),
    MetricSpec('QABF', 'Q_AB/F', lambda pair, variant: _sum(q_abf_terms(pair, variant)), has_variants=True),
    MetricSpec('QP', 'Q_P', lambda pair, variant: Score(q_p_value(pair, variant)), has_variants=True,
               has_threads=True),
    MetricSpec('QCB', 'Q_CB', lambda pair, _: _sum(q_cb_terms(pair))),
    MetricSpec('QW', 'Q_W', lambda pair, variant: _sum(piella_terms(pair, variant)[1]), has_variants=True),
    MetricSpec('QS', 'Q_S', lambda pair, variant: _sum(piella_terms(pair, variant)[0]), has_variants=True),
    MetricSpec('QE', 'Q_E', lambda pair, _: Score(q_e_value(pair))),
)

CATALOG = {spec.name: spec for spec in _SPECS}
"""Specification of every metric by name."""


def metric_specs(names: Iterable[str]) -> list[MetricSpec]:
    """Return the specifications of the named metrics.

    Raises:
        ValueError: For an unknown name; the message lists the known ones.
    """
    names = list(names)
    for name in names:
        if name not in CATALOG:
            raise ValueError(f'unknown metric {name!r}; known are {", ".join(CATALOG)}')
    return [CATALOG[name] for name in names]


def measure(fused: Array, sources: Sequence[Array], metrics: Iterable[str] = PAPER_METRICS, variant: str = 'yuliu',
            workers: int | None = None) -> dict[str, Score]:
    """Compute several metrics of one fused image, sharing what they have in common.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The source images, same shape.
        metrics: Names, see :data:`CATALOG`.
        variant: ``yuliu`` or ``zliu``, for the metrics that have variants.
        workers: Threads; ``None`` = all cores of this process. The result does not depend on it.

    Returns:
        Score by name; floats for arrays, tensors (B,) or () for tensors. NaN stands for undefined.

    Raises:
        ValueError: For an unknown name or variant, images that do not fit together or the metric.
    """
    specs = metric_specs(metrics)
    check_variant('measure', variant)
    pair = Pair(fused, sources, workers)
    light = [spec for spec in specs if not spec.has_threads]
    workers = 1 if isinstance(fused, torch.Tensor) else pair.workers
    scores = dict(zip([spec.name for spec in light],
                      parallel_map(lambda spec: spec.compute(pair, variant), light, workers), strict=True))
    for spec in specs:
        if spec.has_threads:
            scores[spec.name] = spec.compute(pair, variant)
    return {spec.name: _plain(scores[spec.name]) for spec in specs}


def _plain(score: Score) -> Score:
    """Turn NumPy numbers into floats; tensors pass."""
    return Score(scalar(score.value), tuple(scalar(half) for half in score.halves))


def is_undefined(value: float) -> bool:
    """Tell whether a metric value stands for "undefined"."""
    return math.isnan(value)
