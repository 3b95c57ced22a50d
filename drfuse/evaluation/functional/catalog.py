"""Every fusion metric by name, and the one function that computes several of them for a pair."""

import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import torch

from drfuse.evaluation.functional.arrays import Array, image_mean, namespace, scalar
from drfuse.evaluation.functional.artifacts import n_abf_value
from drfuse.evaluation.functional.chen_blum import q_cb_terms
from drfuse.evaluation.functional.chen_varshney import q_cv_terms
from drfuse.evaluation.functional.correlation import cc_terms, scd_terms
from drfuse.evaluation.functional.edge_preservation import q_abf_terms
from drfuse.evaluation.functional.feature_mutual_information import FEATURES, fmi_terms
from drfuse.evaluation.functional.fidelity import fusion_psnr_value, ms_ssim_terms, ssim_terms
from drfuse.evaluation.functional.haar import q_m_value
from drfuse.evaluation.functional.image_statistics import ag_value, en_value, sd_value, sf_value
from drfuse.evaluation.functional.mutual_information import NORMALISATIONS, mi_terms, nmi_terms, q_mi_terms
from drfuse.evaluation.functional.nonlinear_correlation import q_ncie_value
from drfuse.evaluation.functional.pair import Pair, TooSmallError, check_variant
from drfuse.evaluation.functional.piella import piella_terms, q_e_value
from drfuse.evaluation.functional.spatial_frequency import q_sf_value
from drfuse.evaluation.functional.structural import q_c_terms, q_y_terms
from drfuse.evaluation.functional.tsallis import q_te_terms
from drfuse.evaluation.functional.visual_information import vif_terms, viff_value
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

    def weaker_half(self, higher_is_better: bool = True) -> Any:
        """Return the worse term (the smaller one, if higher is better): a copy of one source cannot hide in it."""
        worst = self.halves[0]
        for half in self.halves[1:]:
            xp = namespace(worst)
            worst = (xp.minimum if higher_is_better else xp.maximum)(worst, half)
        return worst


@dataclass(frozen=True)
class MetricSpec:
    """What is known of a metric by name.

    Attributes:
        name: Name in configs, on the command line and in results.
        label: Name in tables.
        compute: Function of a checked pair and the variant.
        higher_is_better: Direction.
        zero_is_best: Whether the smallest absolute value is best instead.
        has_variants: Whether ``yuliu`` and ``zliu`` differ.
        has_threads: Whether ``compute`` spreads itself over threads.
    """

    name: str
    label: str
    compute: Callable[[Pair, str], Score]
    higher_is_better: bool = True
    zero_is_best: bool = False
    has_variants: bool = False
    has_threads: bool = False

    def goodness(self, value: float) -> float:
        """Return a number that is larger for a better value."""
        if self.zero_is_best:
            return -abs(value)
        return value if self.higher_is_better else -value


def _sum(terms: Sequence[Any]) -> Score:
    return Score(sum(terms), tuple(terms))


def _spec(name: str, label: str, value: Callable[[Pair], Any], higher_is_better: bool = True) -> MetricSpec:
    """Return the specification of a metric that is one number without variants."""
    return MetricSpec(name, label, lambda pair, _: Score(value(pair)), higher_is_better)


def _sum_spec(name: str, label: str, terms: Callable[[Pair], Sequence[Any]], higher_is_better: bool = True,
              has_threads: bool = False) -> MetricSpec:
    """Return the specification of a metric that is a sum over the sources without variants."""
    return MetricSpec(name, label, lambda pair, _: _sum(terms(pair)), higher_is_better, has_threads=has_threads)


def _variant_spec(name: str, label: str, terms: Callable[[Pair, str], Sequence[Any]]) -> MetricSpec:
    """Return the specification of a metric that is a sum over the sources with variants."""
    return MetricSpec(name, label, lambda pair, variant: _sum(terms(pair, variant)), has_variants=True)


_SPECS = (
    _sum_spec('QMI', 'Q_MI', q_mi_terms),
    _spec('QNCIE', 'Q_NCIE', q_ncie_value),
    _variant_spec('QABF', 'Q_AB/F', q_abf_terms),
    MetricSpec('QP', 'Q_P', lambda pair, variant: Score(q_p_value(pair, variant)), has_variants=True, has_threads=True),
    _sum_spec('QCB', 'Q_CB', q_cb_terms),
    _variant_spec('QW', 'Q_W', lambda pair, variant: piella_terms(pair, variant)[1]),
    _variant_spec('QS', 'Q_S', lambda pair, variant: piella_terms(pair, variant)[0]),
    _spec('QE', 'Q_E', q_e_value),
    _variant_spec('QC', 'Q_C', q_c_terms),
    _sum_spec('QY', 'Q_Y', q_y_terms),
    _sum_spec('QTE', 'Q_TE', q_te_terms),
    _sum_spec('QTE_nava', 'Q_TE (Nava)', lambda pair: q_te_terms(pair, 'nava')),
    _spec('QM', 'Q_M', q_m_value),
    MetricSpec('QSF', 'Q_SF', lambda pair, _: Score(q_sf_value(pair)), zero_is_best=True),
    _sum_spec('QCV', 'Q_CV', q_cv_terms, higher_is_better=False),
    _spec('NABF', 'N_AB/F', n_abf_value, higher_is_better=False),
    _spec('EN', 'EN', en_value),
    _spec('SD', 'SD', sd_value),
    _spec('SF', 'SF', sf_value),
    _spec('AG', 'AG', ag_value),
    _sum_spec('MI', 'MI', mi_terms),
    *(_sum_spec(f'NMI_{kind}', f'NMI ({kind})', partial(nmi_terms, normalisation=kind)) for kind in NORMALISATIONS),
    _sum_spec('CC', 'CC', cc_terms),
    _sum_spec('SCD', 'SCD', scd_terms),
    *(_sum_spec(f'FMI_{feature}', f'FMI ({feature})', partial(fmi_terms, feature=feature), has_threads=True)
      for feature in FEATURES),
    _sum_spec('VIF', 'VIF', vif_terms),
    _spec('VIFF', 'VIFF', viff_value),
    _sum_spec('SSIM', 'SSIM', ssim_terms),
    _sum_spec('MSSSIM', 'MS-SSIM', ms_ssim_terms),
    _spec('PSNR', 'PSNR', fusion_psnr_value),
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
            workers: int | None = None, too_small: str = 'raise') -> dict[str, Score]:
    """Compute several metrics of one fused image, sharing what they have in common.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The source images, same shape.
        metrics: Names, see :data:`CATALOG`.
        variant: ``yuliu`` or ``zliu``, for the metrics that have variants.
        workers: Threads; ``None`` = all cores of this process. The result does not depend on it.
        too_small: What becomes of a metric whose window does not fit: ``raise``, or ``undefined`` (NaN).

    Returns:
        Score by name; floats for arrays, tensors (B,) or () for tensors. NaN stands for undefined.

    Raises:
        ValueError: For an unknown name or variant, images that do not fit together or the metric.
    """
    specs = metric_specs(metrics)
    check_variant('measure', variant)
    pair = Pair(fused, sources, workers)

    def compute(spec: MetricSpec) -> Score:
        try:
            return spec.compute(pair, variant)
        except TooSmallError:
            if too_small == 'raise':
                raise
            return Score(image_mean(pair.fused) * math.nan)

    scores = _compute_all(compute, specs, pair)
    return {spec.name: _plain(scores[spec.name]) for spec in specs}


def _compute_all(compute: Callable[[MetricSpec], Score], specs: Sequence[MetricSpec], pair: Pair) -> dict[str, Score]:
    """Compute all metrics; on several threads, the simple ones beside those that spread themselves."""
    if pair.workers == 1 or isinstance(pair.fused, torch.Tensor):
        return {spec.name: compute(spec) for spec in specs}
    with ThreadPoolExecutor(pair.workers) as pool:
        simple = {spec.name: pool.submit(compute, spec) for spec in specs if not spec.has_threads}
        spread = {spec.name: compute(spec) for spec in specs if spec.has_threads}
        return spread | {name: future.result() for name, future in simple.items()}


def _plain(score: Score) -> Score:
    """Turn NumPy numbers into floats; tensors pass."""
    return Score(scalar(score.value), tuple(scalar(half) for half in score.halves))
