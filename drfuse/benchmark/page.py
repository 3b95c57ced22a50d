"""``docs/performance.md`` and its figure from the measurements."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from drfuse.benchmark.targets import targets

MEASURED = '<!-- measured: begin -->', '<!-- measured: end -->'
"""Marks between which the page holds the numbers."""


def measured_text(result: Mapping[str, Any]) -> str:
    """Return what has been measured as Markdown, each part with its date."""
    machine, (height, width) = result['machine'], result['size']
    lines = [f'{machine["processor"]}, {machine["cores"]} cores, {machine["threads"]} threads, '
             f'{machine["memory_gib"]} GiB, bfloat16 instructions: '
             f'{"yes" if machine["bfloat16_instructions"] else "no"}; '
             f'PyTorch {machine["torch"]}, drfuse {machine["drfuse"]}. Medians of runs in turn, one before does not '
             'count; generated pairs.', '']
    if 'pipeline' in result and 'network' in result:
        lines += ['![Runtime against parameters](images/performance.svg)', '']
    lines += [*table(['aim', 'target', 'measured', 'met'], [t.row for t in targets(result)]), '']
    for part, text in _TEXTS.items():
        if part in result:
            lines += [*text(result[part], f'{width} x {height}'), '', f'Measured {result["dates"][part]}.', '']
    return '\n'.join(lines[:-1])


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    return ['| ' + ' | '.join(head) + ' |', '|' + '---|' * len(head), *('| ' + ' | '.join(row) + ' |' for row in rows)]


def _pipeline(pipeline: Mapping[str, Any], size: str) -> list[str]:
    rows = [[name, f'{s:.3f}', f'{pipeline["speedups"][name]:.1f}', str(len(pipeline['times'][name])),
             f'{min(pipeline["times"][name]):.3f} - {max(pipeline["times"][name]):.3f}']
            for name, s in pipeline['seconds'].items()]
    return [f'### Files to file, {size}, T = 3, scenario composite', '',
            *table(['pipeline', 'seconds', 'times faster', 'runs', 'range'], rows), '',
            f'The default precision of the shipped model on this machine is {pipeline["precision"]}.']


def _stages(stages: Mapping[str, Any], size: str) -> list[str]:
    kinds = list(stages)
    rows = [[name, *(f'{1e3 * stages[kind]["seconds"][name]:.0f}' for kind in kinds)]
            for name in stages[kinds[0]]['seconds']]
    shares = [[name, *(f'{stages[kind]["shares"][name]:.1%}' for kind in kinds)] for name in stages[kinds[0]]['shares']]
    return [f'### Stages of the shipped model, {size}', '',
            *table(['stage', *(f'ms, {kind}' for kind in kinds)], rows), '',
            'The stage `network` is the reverse process with its operators; of its steps:', '',
            *table(['part of a step', *kinds], shares)]


def _networks(network: Mapping[str, Any], size: str) -> list[str]:
    seconds = network['seconds_per_step']
    rows = [[name, f'{network[name]["parameters_m"]:.2f}', f'{network[name]["gflop_per_step"]:.1f}',
             f'{seconds[name]:.3f}'] for name in ('paper', 'light')]
    return [f'### Networks, one step at {size}', '', 'A multiplication and an addition count as two FLOP. The light '
            f'network of the default pipeline is {network["speedup"]:.0f} times faster.', '',
            *table(['network', 'parameters (M)', 'GFLOP', 'seconds'], rows), '',
            "A good part of the paper network's time goes into fresh pages of memory, at every layer. If the C library "
            f'is made to keep its heap for it as well, it takes a step in {seconds["paper_heap"]:.3f} s, '
            f'{seconds["paper_heap"] / seconds["light"]:.0f} times as long as the light one.']


def _light(modes: Mapping[str, Any], size: str) -> list[str]:
    rows = [[name, 'not available' if s is None else f'{1e3 * s:.0f}'] for name, s in modes.items()]
    return [f'### The light network, one step at {size}', '', *table(['form', 'milliseconds'], rows)]


def _paper(paper: Mapping[str, Any], size: str) -> list[str]:
    rows = [[name, *(('not available', '') if s is None else (f'{s:.2f}', f'{paper["speedups"][name]:.2f}'))]
            for name, s in paper['seconds'].items()]
    return [f'### The paper network, one step at {paper["size"][1]} x {paper["size"][0]}', '',
            *table(['form', 'seconds', 'times faster'], rows)]


def _pixels(pixels: Mapping[str, Any], size: str) -> list[str]:
    rows = [[f'{mp:.2f}', f'{s:.2f}', f'{s / mp:.2f}'] for mp, s in zip(pixels['megapixels'], pixels['seconds'],
                                                                     strict=True)]
    return [f'### Growth with pixels, {pixels["precision"]}', '',
            *table(['megapixels', 'seconds', 'seconds a megapixel'], rows), '',
            f'Files to file: {pixels["fit"]["offset"]:.2f} s + {pixels["fit"]["slope"]:.2f} s a megapixel '
            f'(relative least squares, R2 = {pixels["fit"]["r2"]:.4f}).']


def _steps(steps: Mapping[str, Any], size: str) -> list[str]:
    by_steps = ', '.join(f'{t}: {s:.2f}' for t, s in zip(steps['steps'], steps['seconds'], strict=True))
    return ['### Growth with steps', '',
            f'Reverse process in float32 at {size}, seconds by T: {by_steps}; {steps["fit"]["offset"]:.2f} s + '
            f'{steps["fit"]["slope"]:.2f} s a step (R2 = {steps["fit"]["r2"]:.4f}).']


def _evaluation(evaluation: Mapping[str, Any], size: str) -> list[str]:
    height, width = evaluation['size']
    parts = ', '.join(f'{name} {evaluation[name]:.1f} s' for name in ('degrade', 'fuse', 'evaluate'))
    return ['### A set from end to end', '',
            f'{evaluation["pairs"]} pairs of {width} x {height} by the command line, each step a process, six '
            f'metrics: {parts}, together {evaluation["total"]:.1f} s.']


def _many(many: Mapping[str, float], size: str) -> list[str]:
    peaks = ', '.join(f'{number} pairs: {peak:.0f} MiB' for number, peak in many.items())
    return ['### Memory over the number of pairs', '', f'Peak of `drfuse fuse` on folders of 64 x 64: {peaks}.']


def _start(start: Mapping[str, float], size: str) -> list[str]:
    return ['### Start', '',
            f'`import drfuse` {start["import_s"]:.2f} s, `from drfuse.apis import FusionInferencer` '
            f'{start["inferencer_import_s"]:.2f} s, `drfuse --help` {start["help_s"]:.2f} s.']


def _memory(memory: Mapping[str, float], size: str) -> list[str]:
    return ['### Memory', '', f'Peak resident memory of `drfuse fuse` at {size}: {memory["fuse_peak_mib"]:.0f} MiB, of '
            f'which importing takes {memory["import_peak_mib"]:.0f} MiB.']


def _roofline(roofline: Mapping[str, Any], size: str) -> list[str]:
    peaks = [[name, f'{peak["gemm"]:.0f}', f'{peak["conv"]:.0f}'] for name, peak in roofline['peaks'].items()]
    rows = [[name, f'{row["gflop_s"]:.0f}', f'{row["share"]:.0%}'] for name, row in roofline['networks'].items()]
    return ['### What the machine can do', '', 'Highest GFLOP/s of products of 2048 x 2048 matrices, and of 3 x 3 '
            f'convolutions of 256 channels at 96 x 128; memory is copied at {roofline["copy_gb_s"]:.1f} GB/s.', '',
            *table(['precision', 'matrix product', 'convolution'], peaks), '',
            'What the fast forms of the networks reach, and the share of what convolutions can in that precision:', '',
            *table(['network', 'GFLOP/s', 'share'], rows)]


_TEXTS = dict(pipeline=_pipeline, stages=_stages, network=_networks, light_modes=_light, paper_modes=_paper,
              paper_modes_small=_paper, paper_compiled=_paper, roofline=_roofline, pixels=_pixels, steps=_steps,
              evaluation=_evaluation, many=_many, start=_start, memory=_memory)


def plot(result: Mapping[str, Any], path: Path) -> None:
    """Draw runtime against parameters, as Fig. 5 of the paper, where pipelines and networks have been measured."""
    if 'pipeline' not in result or 'network' not in result:
        return
    figure = Figure(figsize=(5, 3.5), layout='constrained')
    axes = figure.subplots()
    network, seconds = result['network'], result['pipeline']['seconds']
    for name, s in seconds.items():
        kind = 'paper' if name.startswith('paper') else 'light'
        axes.scatter(network[kind]['parameters_m'], s, label=name)
    axes.set(xscale='log', yscale='log', xlabel='parameters (M)', ylabel='seconds a pair, files to file')
    axes.legend(fontsize=7)
    axes.grid(True, which='both', alpha=0.3)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter('{x:g}')
        axis.set_minor_formatter('')  # between 1 and 30 matplotlib would label lines so close that labels overlap
    figure.savefig(path)


def update_page(page: Path, text: str, marks: tuple[str, str] = MEASURED) -> None:
    """Replace the part of a page between two marks.

    Raises:
        ValueError: If the page has not both marks.
    """
    whole, (start, end) = page.read_text(encoding='utf-8'), marks
    if start not in whole or end not in whole:
        raise ValueError(f'{page} needs the lines {start} and {end}')
    before, rest = whole.split(start, 1)
    after = rest.split(end, 1)[1]
    page.write_text(f'{before}{start}\n\n{text}\n\n{end}{after}', encoding='utf-8')
