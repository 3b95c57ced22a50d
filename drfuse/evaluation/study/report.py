"""The page of a study from its data."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drfuse.evaluation.functional import CATALOG, PAPER_METRICS

ALL = 'mean of the scenarios'
_TOLERANCE = 0.1
"""Share of its time by which a training may miss it before the page says so."""
_INTRO = (
    'Every variant was trained for the same time from nothing, one thread each, {workers} side by side: its seconds an '
    'iteration were measured first, beside others of its kind, and set how many iterations it got; the learning rate '
    'falls to its end within them. Runs of one seed start from the same random state and see the same data in the same '
    'order. Averaged weights (EMA) are measured, on validation pairs.')
_QUALITY = (
    'Restored sources: PSNR in dB on 8-bit luminance. Fused images: luminance against the clean sources (`yuliu` '
    'variants). Means over the images, then mean and standard deviation over the seeds.')

Column = tuple[str, int, Callable[[Mapping[str, Any]], float], Callable[[float], float]]
"""Title, decimal places, how a value is read from a run's scenario, and how good it is."""


def page(data: Mapping[str, Any]) -> str:
    """Return the Markdown page of what :meth:`~drfuse.evaluation.study.conduct.Conductor.run` found."""
    facts, variants = data['facts'], data['variants']
    first, *others = variants
    lines = [f'# Study: {facts["study"]}', '', facts['about'], '',
             f'Machine: {facts["machine"]}. Written {facts["date"]} by `tools/analysis_tools/study.py`; '
             f'{facts["minutes"]:g} minutes a training, batch {facts["batch"]} x {facts["crop"]}^2, '
             f'{"mixed precision (bfloat16)" if facts["amp"] else "float32"}, base `{facts["base"]}`, '
             f'{len(facts["seeds"])} seed(s), {facts["images"]} images of `{facts["pairs"]}`.', '',
             _INTRO.format(workers=facts['workers']), '', '## Cost', '', *_cost_table(variants, facts), '',
             '## Quality', '', _QUALITY, '']
    scenarios = [*facts['scenarios'], *[ALL] * (len(facts['scenarios']) > 1)]
    for scenario in scenarios:
        lines += [f'### {scenario}', '', *_table(variants, scenario, list(variants), _mean), '']
    if others:
        lines += [f'## Differences from {first}', '', f'Variant minus {first} of the same seed, mean and standard '
                  'deviation over the seeds; behind it in how many seeds the variant is better.', '']
        for scenario in scenarios:
            lines += [f'### {scenario}: minus {first}', '', *_table(variants, scenario, others, _difference), '']
    return '\n'.join(lines).rstrip('\n') + '\n'


def _cost_table(variants: Mapping[str, Any], facts: Mapping[str, Any]) -> list[str]:
    height, width = facts['size']
    missed = []
    lines = ['| variant | parameters (M) | GFLOP a step | seconds an iteration | iterations | minutes | ms a step | '
             'ms in all |', '|---' * 8 + '|']
    for name, found in variants.items():
        minutes = statistics.fmean(run['minutes'] for run in found['runs'].values())
        if abs(minutes / facts['minutes'] - 1) > _TOLERANCE:
            missed.append(name)
        lines.append(f'| {name} | {found["parameters_m"]:.2f} | {found["gflop_per_step"]:.1f} | '
                     f'{found["seconds_per_iteration"]:.3f} | {found["iterations"]:,} | {minutes:.2f} | '
                     f'{found["step_ms"]:,.0f} | {found["whole_ms"]:,.0f} |')
    return [*lines, '', f'GFLOP and milliseconds: one pair of {width} x {height}, network in its form for inference, '
            f'float32, {facts["threads"]} thread(s); "in all" is the whole restoration and fusion of the scenario '
            f'{facts["timed"]}. Minutes: what the trainings really took, mean of the seeds; off by more than '
            f'{_TOLERANCE:.0%}: {", ".join(missed) or "none"}.']


def columns(found: Mapping[str, Any]) -> list[Column]:
    """Return the columns of a table of quality; ``found`` is any run's scenario."""
    result: list[Column] = [(f'PSNR {source}', 2, lambda v, s=source: v['sources'][s]['PSNR'], float)
                            for source in found['sources']]
    return result + [(name, 4, lambda v, n=name: v['fused'][n], CATALOG[name].goodness) for name in PAPER_METRICS]


def _table(variants: Mapping[str, Any], scenario: str, shown: Sequence[str], cell: Callable[..., str]) -> list[str]:
    runs = {name: _runs(found, scenario) for name, found in variants.items()}
    first = next(iter(runs.values()))
    kinds = columns(next(iter(first.values()))[0])
    lines = ['| variant | ' + ' | '.join(kind[0] for kind in kinds) + ' |', '|---' * (len(kinds) + 1) + '|']
    for name in shown:
        lines.append(f'| {name} | ' + ' | '.join(cell(runs[name], first, kind) for kind in kinds) + ' |')
    return lines


def _runs(found: Mapping[str, Any], scenario: str) -> dict[str, list[Mapping[str, Any]]]:
    """Return seed to what was found in the scenario, or in all."""
    return {seed: list(run['scenarios'].values()) if scenario == ALL else [run['scenarios'][scenario]]
            for seed, run in found['runs'].items()}


def _value(items: Sequence[Mapping[str, Any]], kind: Column) -> float:
    return statistics.fmean(kind[2](item) for item in items)


def _mean(own: Mapping[str, Any], first: Mapping[str, Any], kind: Column) -> str:
    return _spread([_value(items, kind) for items in own.values()], f'.{kind[1]}f')


def _difference(own: Mapping[str, Any], first: Mapping[str, Any], kind: Column) -> str:
    pairs = [(_value(own[seed], kind), _value(first[seed], kind)) for seed in own]
    better = sum(kind[3](a) > kind[3](b) for a, b in pairs)
    return f'{_spread([a - b for a, b in pairs], f"+.{kind[1]}f")} ({better}/{len(pairs)})'


def _spread(values: Sequence[float], form: str) -> str:
    """Return mean and standard deviation; one value has none."""
    if any(math.isnan(value) for value in values):
        return 'undefined'
    text = format(statistics.fmean(values), form)
    return f'{text} ± {format(statistics.stdev(values), form.removeprefix("+"))}' if len(values) > 1 else text
