"""Quality against time: models and cascades of restorers and fusion rules, and those that none of the others beats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

from drfuse.apis.model_zoo import load_model
from drfuse.apis.precision import accelerate
from drfuse.baselines.fusers import build_fuser
from drfuse.benchmark.timing import alternate, median
from drfuse.degradations import Observation
from drfuse.degradations.recent import RecentOperators
from drfuse.evaluation.rivals.jobs import Method, restore
from drfuse.evaluation.rivals.report import row_results, rows_of, title
from drfuse.utils.heap import kept_heap

QUALITIES = {'QABF': 'Q_AB/F, fused image', 'PSNR': 'PSNR in dB, restored sources'}
"""What is drawn against the time, with its label."""

Run = Callable[[], Any]


@dataclass(frozen=True)
class Point:
    """A method.

    Attributes:
        name: Name in tables.
        is_ours: Whether it is a model.
        milliseconds: From observations to the fused image, both sources restored, median of runs.
        values: Metric to mean over the pairs: the six of the fused image, and ``PSNR`` of the restored sources.
    """

    name: str
    is_ours: bool
    milliseconds: float
    values: dict[str, float]


def front(points: Sequence[Point], quality: str) -> list[Point]:
    """Return the points that none is both faster and better than, fastest first."""
    found: list[Point] = []
    for point in sorted(points, key=lambda p: (p.milliseconds, -p.values[quality])):
        if not found or point.values[quality] > found[-1].values[quality]:
            found.append(point)
    return found


def runs_of(method: Method, inputs: Mapping[str, Observation]) -> dict[str, Run]:
    """Return a function for every fused image of a method, '' for the model's own, that makes it from observations.

    A model runs in its fast form in float32, as in the inferencer; operators keep what they have computed.
    """
    inputs = RecentOperators()(inputs)
    if method.kind == 'model':
        model = load_model(method.config, method.weights, 'cpu').model
        accelerate(model, 'float32')
        return {'': _quick(lambda: model(inputs, mode='tensor'))}
    return {rule: _quick(lambda rule=rule: build_fuser(rule)(*restore(method, inputs).values()))
            for rule in method.fusers}


def _quick(function: Run) -> Run:
    @torch.no_grad()
    def run() -> Any:
        with kept_heap():
            return function()

    return run


def measured_points(methods: Mapping[str, Method], inputs: Mapping[str, Observation],
                    outcomes: Mapping[str, Mapping[str, Mapping[str, Any]]], repeats: int) -> list[Point]:
    """Time methods in turn and join that with their quality.

    Args:
        methods: Name to method.
        inputs: Observations of the pair that is timed.
        outcomes: Name to stem to what :func:`~drfuse.evaluation.rivals.jobs.run_job` returned.
        repeats: Runs of each that count.
    """
    runs = {(name, rule): run for name, method in methods.items() for rule, run in runs_of(method, inputs).items()}
    times = alternate({title(*key): run for key, run in runs.items()}, repeats)
    points = []
    for name, method in methods.items():
        is_ours = method.kind == 'model'
        restored = fmean(source['PSNR'] for source in row_results(outcomes[name]).values())
        points += [Point(row.name, is_ours, 1e3 * median(times[row.name]), {**row.fused, 'PSNR': restored})
                   for row in rows_of(name, outcomes[name], is_ours) if row.name in times]
    return points


def page(facts: Mapping[str, Any], points: Sequence[Point], figure: str) -> str:
    """Return the Markdown page; ``figure`` is the picture's address as seen from it."""
    best = {quality: {p.name for p in front(points, quality)} for quality in QUALITIES}
    lines = [f'# Quality against time: {facts["task"]}', '',
             f'Machine: {facts["machine"]}, {facts["threads"]} threads. Written {facts["date"]} by '
             f'`tools/analysis_tools/pareto.py`; {facts["scenario"]}, {facts["images"]} pairs of `{facts["pairs"]}`. '
             f'Milliseconds: from the observations of a pair of {facts["size"]} to the fused image, both sources '
             f'restored, in memory, float32, medians of {facts["repeats"]} runs in turn. Restorers have the settings '
             f'of `{facts["choice"]}`. Bold: no other method is both faster and better.', '',
             f'![Quality against time]({figure})', '',
             '| method | ms | ' + ' | '.join(QUALITIES) + ' |', '|---' * (2 + len(QUALITIES)) + '|']
    for point in sorted(points, key=lambda p: p.milliseconds):
        cells = [f'**{point.values[q]:.3f}**' if point.name in best[q] else f'{point.values[q]:.3f}' for q in QUALITIES]
        lines.append(f'| {point.name} | {point.milliseconds:.0f} | ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines) + '\n'


def plot(points: Sequence[Point], path: Path) -> None:
    """Draw each quality against the time, with the front of all and a line through the models."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to import

    figure = Figure(figsize=(4.6 * len(QUALITIES), 4.2), layout='constrained')
    ours = sorted((p for p in points if p.is_ours), key=lambda p: p.milliseconds)
    others = [p for p in points if not p.is_ours]
    for axes, (quality, label) in zip(figure.subplots(1, len(QUALITIES)), QUALITIES.items(), strict=True):
        line = front(points, quality)
        axes.step([p.milliseconds for p in line], [p.values[quality] for p in line], where='post', color='0.8')
        _scatter(axes, others, quality)
        axes.plot([p.milliseconds for p in ours], [p.values[quality] for p in ours], 'k*-', markersize=10)
        for point in ours:
            axes.annotate(point.name, (point.milliseconds, point.values[quality]), xytext=(4, 5),
                          textcoords='offset points', fontsize=8)
        axes.set(xscale='log', xlabel='milliseconds a pair', ylabel=label)
        axes.grid(True, which='both', alpha=0.25)
    axes.legend(fontsize=7, loc='lower right')
    figure.savefig(path)


def _scatter(axes: Any, points: Sequence[Point], quality: str) -> None:
    """Draw cascades: a colour a restorer, a shape a fusion rule."""
    names = list(dict.fromkeys(p.name.split(' + ')[0] for p in points))
    rules = list(dict.fromkeys(p.name.split(' + ')[-1] for p in points))
    for point in points:
        name, rule = point.name.split(' + ')
        shape, first = 'osD^v<>P'[rules.index(rule) % 8], rule == rules[0]
        axes.scatter(point.milliseconds, point.values[quality], marker=shape, s=22, color=f'C{names.index(name) % 10}',
                     label=name if first else None)
