"""The page and the data of a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from drfuse.evaluation.rivals.summary import (
    COPIES,
    ENOUGH_OVERALL,
    ENOUGH_PAIRWISE,
    Row,
    ScenarioResult,
    fusion_table,
    means,
    restoration_table,
    verdict_lines,
)

Outcomes = Mapping[str, Mapping[str, Any]]
"""Stem to what :func:`drfuse.evaluation.rivals.jobs.run_job` returned."""

_INTRO = (
    'Restored sources: PSNR in dB / SSIM on 8-bit luminance, means over the images. Fused images: luminance against '
    'the clean sources (`yuliu` variants). Rivals restore each source with the known operator and noise level, tuned '
    'and chosen per scenario and source on validation pairs, and fuse with a classical rule. Copies of one restored '
    'source are shown because some metrics like them; they count as nothing. For a sum of one term per source the '
    'smaller term is shown as well.')


def row_results(outcomes: Outcomes) -> dict[str, dict[str, float]]:
    """Return source to mean PSNR and SSIM."""
    first = next(iter(outcomes.values()))
    return {source: means([o['sources'][source] for o in outcomes.values()]) for source in first['sources']}


def title(name: str, rule: str) -> str:
    """Return the name in tables of what a method fused by a rule, '' for its own."""
    return f'{name} + {rule}' if rule else name


def rows_of(name: str, outcomes: Outcomes, is_ours: bool) -> list[Row]:
    """Return a row for every fused image of a method: its own, or one per fusion rule."""
    rows = []
    for rule in next(iter(outcomes.values()))['fused']:
        per_image = {stem: outcome['fused'][rule] for stem, outcome in outcomes.items()}
        kind = 'copy' if rule in COPIES else 'rival' if not is_ours else 'other' if rule else 'ours'
        rows.append(Row(title(name, rule), kind, means(list(per_image.values())), per_image))
    return rows


def page(facts: Mapping[str, Any], results: Sequence[ScenarioResult],
         choices: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the Markdown page and the data it is made from.

    Args:
        facts: What a reader must know of the run.
        results: One per scenario.
        choices: Scenario to source to what was chosen, see :class:`~drfuse.evaluation.rivals.tuning.Chooser`.
    """
    looked = '' if facts['split'] != 'test' else \
        f' This is look number {facts["looks"]} at the test list of this task (`test_runs.jsonl`).'
    lines = [f'# Comparison: {facts["task"]}', '',
             f'Machine: {facts["machine"]}. Written {facts["date"]} by `tools/analysis_tools/compare_methods.py`; '
             f'{facts["split"]} pairs ({facts["pairs"]}), {facts["images"]} images, border {facts["boundary"]}; '
             f'restorers chosen on {facts["chosen_on"]}.{looked}', '', _INTRO, '',
             *_models(facts), '', '## Restored sources', '', *restoration_table(results), '',
             *_chosen(results, choices), '']
    for result in results:
        lines += [f'## Fused: {result.scenario}', '', *fusion_table(result), '', *verdict_lines(result), '']
    lines.append(f'Rule of counting: at least {ENOUGH_PAIRWISE} of the six means against every rival alone, best of '
                 f'all on at least {ENOUGH_OVERALL}, and no smaller half below that of the Laplacian pyramid.')
    data = dict(facts=facts, choices=choices, scenarios=[
        dict(asdict(result), verdicts={row.name: result.verdict(row) for row in result.rows if row.kind == 'ours'})
        for result in results])
    return '\n'.join(lines) + '\n', data


def _models(facts: Mapping[str, Any]) -> list[str]:
    lines = ['| model | config | checkpoint | SHA-256 |', '|---|---|---|---|']
    lines += [f'| {name} | `{m["config"]}` | `{m["weights"]}` | {m["sha256"][:12]} |'
              for name, m in facts['ours'].items()]
    if facts['denoiser']:
        lines.append(f'| denoiser of the rivals | `{facts["denoiser"]["config"]}` | | '
                     f'{facts["denoiser"]["sha256"][:12]} |')
    return lines


def _chosen(results: Sequence[ScenarioResult], choices: Mapping[str, Any]) -> list[str]:
    """Return what was chosen, and how every kind of restorer did on the validation pairs."""
    lines = ['Chosen restorers, and PSNR on the validation pairs of every kind:', '',
             '| scenario | source | best | all |', '|---|---|---|---|']
    for result in results:
        for source, found in choices[result.scenario].items():
            ranked = sorted(found['families'].items(), key=lambda item: -item[1]['psnr'])
            text = ', '.join(f'{name} {entry["psnr"]:.2f}' for name, entry in ranked)
            lines.append(f'| {result.scenario} | {source} | {found["best"]} | {text} |')
    return lines
