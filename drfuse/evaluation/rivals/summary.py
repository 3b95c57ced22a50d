"""From the results of all jobs to one table: means, pairwise wins, smaller halves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drfuse.evaluation.functional import CATALOG, PAPER_METRICS
from drfuse.evaluation.metrics.per_image_metric import mean_of_defined

COPIES = ('copy_first', 'copy_second')
"""Fusion rules that fuse nothing: rows of every table that are never rivals."""
HALVES = ('QMI_min', 'QABF_min', 'SSIM_min')
ENOUGH_PAIRWISE, ENOUGH_OVERALL = 4, 3
"""Of six metric means: how many a method must win against every single rival, and of all."""


@dataclass
class Row:
    """A method in a scenario.

    Attributes:
        name: Name in tables.
        kind: ``ours``, ``rival``, ``copy``, or ``other`` (shown, counted nowhere).
        fused: Metric to mean over the images.
        per_image: Stem to metric to value.
    """

    name: str
    kind: str
    fused: dict[str, float]
    per_image: dict[str, dict[str, float]] = field(default_factory=dict)


@dataclass
class ScenarioResult:
    """All methods in a scenario.

    Attributes:
        scenario: Its name.
        rows: Fused images.
        sources: Method to source to PSNR and SSIM means; ``best rival`` among them.
    """

    scenario: str
    rows: list[Row] = field(default_factory=list)
    sources: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)

    def wins(self, row: Row, rival: Row) -> int:
        """Return on how many of the six means ``row`` is better."""
        return sum(_better(name, row, rival) for name in PAPER_METRICS)

    def best_of_all(self, row: Row) -> int:
        """Return on how many of the six means ``row`` beats every rival."""
        rivals = [r for r in self.rows if r.kind == 'rival']
        return sum(all(_better(name, row, rival) for rival in rivals) for name in PAPER_METRICS)

    def verdict(self, row: Row, reference: str = 'laplacian_pyramid') -> dict[str, Any]:
        """Return what a method has reached by the counting rules.

        Args:
            row: The method.
            reference: End of the name of the rival whose smaller halves it must reach.
        """
        pairwise = {r.name: self.wins(row, r) for r in self.rows if r.kind == 'rival'}
        halves = next((r for r in self.rows if r.kind == 'rival' and r.name.endswith(reference)), None)
        reached = {} if halves is None else {name: row.fused[name] - halves.fused[name] for name in HALVES}
        return dict(pairwise=pairwise, best=self.best_of_all(row), halves=reached,
                    pairwise_ok=all(count >= ENOUGH_PAIRWISE for count in pairwise.values()),
                    best_ok=self.best_of_all(row) >= ENOUGH_OVERALL,
                    halves_ok=all(difference >= 0 for difference in reached.values()))


def _better(name: str, row: Row, rival: Row) -> bool:
    goodness = CATALOG[name].goodness
    return goodness(row.fused[name]) > goodness(rival.fused[name])


def means(values: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean of every name over the images where it is defined."""
    return {name: mean_of_defined([v[name] for v in values])[0] for name in values[0]}


def restoration_table(results: Sequence[ScenarioResult]) -> list[str]:
    """Return PSNR and SSIM of the restored sources: a row per scenario and source, a column per method."""
    names = list(dict.fromkeys(name for result in results for name in result.sources))
    lines = ['| scenario | source | ' + ' | '.join(names) + ' |', '|---' * (len(names) + 2) + '|']
    for result in results:
        for source in next(iter(result.sources.values())):
            cells = [result.sources.get(name, {}).get(source) for name in names]
            texts = ['' if c is None else f'{c["PSNR"]:.2f} / {c["SSIM"]:.3f}' for c in cells]
            lines.append(f'| {result.scenario} | {source} | ' + ' | '.join(texts) + ' |')
    return lines


def fusion_table(result: ScenarioResult) -> list[str]:
    """Return the six means and the smaller halves of every row; the best of models and rivals is bold."""
    names = (*PAPER_METRICS, *HALVES)
    counted = [row for row in result.rows if row.kind in ('ours', 'rival')]
    best = {name: max(CATALOG[name.removesuffix('_min')].goodness(row.fused[name]) for row in counted)
            for name in names}
    lines = ['| method | ' + ' | '.join(name.replace('_min', ', smaller half') for name in names) + ' |',
             '|---' * (len(names) + 1) + '|']
    for row in result.rows:
        cells = []
        for name in names:
            value = row.fused[name]
            bold = row in counted and CATALOG[name.removesuffix('_min')].goodness(value) == best[name]
            cells.append(f'**{value:.4f}**' if bold else f'{value:.4f}')
        title = f'*{row.name}*' if row.kind in ('copy', 'other') else row.name
        lines.append(f'| {title} | ' + ' | '.join(cells) + ' |')
    return lines


def verdict_lines(result: ScenarioResult) -> list[str]:
    """Return, for every model of ours, one line on what it reached."""
    lines = []
    for row in (r for r in result.rows if r.kind == 'ours'):
        verdict = result.verdict(row)
        pairs = ', '.join(f'{count}/6 against {name}' for name, count in verdict['pairwise'].items())
        halves = ', '.join(f'{name.removesuffix("_min")} {value:+.4f}' for name, value in verdict['halves'].items())
        lines.append(f'{row.name}: better on {pairs}; best of all on {verdict["best"]}/6; smaller halves against the '
                     f'Laplacian pyramid: {halves or "not measured"}.')
    return lines
