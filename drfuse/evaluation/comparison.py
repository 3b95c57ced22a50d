"""Results of several methods side by side: means, ranks, intervals and tests."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from drfuse.evaluation.folder_evaluation import MethodResult, Settings
from drfuse.evaluation.functional import CATALOG
from drfuse.evaluation.significance import bootstrap_interval, holm, paired_test
from drfuse.version import __version__

BEST, SECOND = 1, 2
TEST = ('Wilcoxon signed-rank, two-sided, on the images of both; Holm-adjusted over the methods, each metric and '
        'scenario by itself')
"""What the p-values are."""


@dataclass(frozen=True)
class Cell:
    """One number of a table.

    Attributes:
        mean: Mean over the images where the metric is defined; NaN if there is none.
        low: Lower end of the 95 % bootstrap interval of the mean.
        high: Upper end.
        undefined: Images for which the metric is undefined; the mean leaves them out.
        missing: Images of the scenario that other methods have and this one has not.
        rank: 1 for the best method, 2 for the second, 0 for the others and for trivial rows; on the images of
            :meth:`Comparison.shared_stems`.
    """

    mean: float
    low: float
    high: float
    undefined: int
    missing: int
    rank: int


class Comparison:
    """Methods (rows) by scenarios and metrics (columns).

    Args:
        results: One result per method and scenario, methods first, then trivial ones.
        settings: What was computed.
        resamples: Bootstrap resamples; 0 leaves the intervals out (NaN).
        seed: Seed of the bootstrap.
    """

    def __init__(self, results: Sequence[MethodResult], settings: Settings, resamples: int = 2000,
                 seed: int = 0) -> None:
        self.settings = settings
        self._results = {(result.method, result.scenario): result for result in results}
        self.methods = tuple(dict.fromkeys(r.method for r in results if not r.trivial))
        self.trivial = tuple(dict.fromkeys(r.method for r in results if r.trivial))
        self.scenarios = tuple(dict.fromkeys(result.scenario for result in results))
        self._ranks = {(scenario, metric): self._ranked(scenario, metric)
                       for scenario in self.scenarios for metric in settings.metrics}
        self._intervals = {(*key, metric): bootstrap_interval(result.values(metric), resamples, seed=seed)
                           for key, result in self._results.items() for metric in settings.metrics
                           } if resamples else {}

    def __iter__(self) -> Iterator[MethodResult]:
        """Iterate over the results."""
        return iter(self._results.values())

    def result(self, method: str, scenario: str) -> MethodResult | None:
        """Return the result of a method in a scenario, if there is one."""
        return self._results.get((method, scenario))

    def cell(self, method: str, scenario: str, metric: str) -> Cell | None:
        """Return one number of the table, if there is one."""
        result = self.result(method, scenario)
        if result is None:
            return None
        low, high = self._intervals.get((method, scenario, metric), (math.nan, math.nan))
        return Cell(result.mean(metric), low, high, result.undefined(metric),
                    len(self.stems(scenario) - result.scores.keys()), self._ranks[scenario, metric].get(method, 0))

    def stems(self, scenario: str) -> set[str]:
        """Return the images of a scenario: those that at least one method has."""
        return set().union(*(result.scores for result in self._ranked_results(scenario)))

    def shared_stems(self, scenario: str, metric: str) -> list[str]:
        """Return the images on which a metric is defined for every method that has a value of it.

        Ranks are over these alone: means over different images do not compare, and a method whose hard images are
        missing would win.
        """
        defined = [{stem for stem, scores in result.scores.items() if not math.isnan(scores[metric].value)}
                   for result in self._ranked_results(scenario)]
        some = [stems for stems in defined if stems]
        return sorted(set.intersection(*some)) if some else []

    def _ranked_results(self, scenario: str) -> list[MethodResult]:
        return [result for name in self.methods if (result := self.result(name, scenario)) is not None]

    def _ranked(self, scenario: str, metric: str) -> dict[str, int]:
        """Return method to 1 or 2 where at most one other value is better; equal values share a rank."""
        stems, spec = self.shared_stems(scenario, metric), CATALOG[metric]
        good = {result.method: spec.goodness(math.fsum(values) / len(values))
                for result in self._ranked_results(scenario)
                if (values := [result.scores[stem][metric].value for stem in stems if stem in result.scores])}
        good = {name: value for name, value in good.items() if not math.isnan(value)}
        places = {name: 1 + len({other for other in good.values() if other > value}) for name, value in good.items()}
        return {name: place for name, place in places.items() if place <= SECOND} if len(good) > 1 else {}

    def p_values(self, reference: str, scenario: str, metric: str) -> dict[str, float]:
        """Return the Holm-adjusted p-value of every other method against a reference, on the images of both."""
        base = self.result(reference, scenario)
        others = [result for name in self.methods
                  if name != reference and (result := self.result(name, scenario)) is not None]
        if base is None:
            return {}
        raw = [_paired(base, other, metric) for other in others]
        return dict(zip([other.method for other in others], holm(raw), strict=True))

    def to_dict(self, reference: str | None = None) -> dict[str, Any]:
        """Return everything for a JSON file; NaN becomes None.

        ``mean``, ``per_image`` and ``undefined`` on the top level are those of the method if there is one result,
        and the same stands per method, and scenario if there are several, under ``methods``.

        Args:
            reference: Method that the paired tests compare with; ``None`` leaves them out.
        """
        settings = dict(metrics=list(self.settings.metrics), variant=self.settings.variant,
                        against=self.settings.against, drfuse=__version__)
        tables = {result.method if result.scenario == '' else f'{result.method}/{result.scenario}': self._table(result)
                  for result in self}
        real = [name for name, result in zip(tables, self, strict=True) if not result.trivial]
        top = tables[real[0]] if len(real) == 1 else {}
        return {**top, 'settings': settings, 'methods': tables, 'paired_tests': self._tests(reference)}

    def _table(self, result: MethodResult) -> dict[str, Any]:
        metrics = self.settings.metrics
        cells = {metric: self.cell(result.method, result.scenario, metric) for metric in metrics}
        return {
            'mean': {metric: _number(cell.mean) for metric, cell in cells.items()},
            'per_image': {stem: {metric: _number(score.value) for metric, score in scores.items()}
                          for stem, scores in sorted(result.scores.items())},
            'undefined': {metric: cell.undefined for metric, cell in cells.items() if cell.undefined},
            'interval_95': {metric: [_number(cell.low), _number(cell.high)] for metric, cell in cells.items()},
            'halves': {metric: {name: _number(value) for name, value in halves.items()} for metric in metrics
                       if (halves := result.half_means(metric, CATALOG[metric].higher_is_better))},
            'weaker_half': {metric: _number(value) for metric in metrics if not math.isnan(
                value := result.weaker_half(metric, CATALOG[metric].higher_is_better))},
            'halves_per_image': {stem: {metric: [_number(half) for half in score.halves]
                                        for metric, score in scores.items() if score.halves}
                                 for stem, scores in sorted(result.scores.items())},
            'images': len(result.scores),
            'against': self.settings.against,
        }

    def _tests(self, reference: str | None) -> dict[str, Any]:
        if reference is None or len(self.methods) < 2:
            return {}
        return {'reference': reference, 'test': TEST,
                'p': {scenario: {metric: {name: _number(p) for name, p in self.p_values(
                    reference, scenario, metric).items()} for metric in self.settings.metrics}
                    for scenario in self.scenarios}}


def _paired(base: MethodResult, other: MethodResult, metric: str) -> float:
    stems = sorted(base.scores.keys() & other.scores.keys())
    return paired_test([other.scores[stem][metric].value for stem in stems],
                       [base.scores[stem][metric].value for stem in stems])


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
