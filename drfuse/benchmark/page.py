"""``docs/performance.md`` and its figure from the measurements."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

START, END = '<!-- measured: begin -->', '<!-- measured: end -->'


def measured_text(result: Mapping[str, Any]) -> str:
    """Return the measured part of the page as Markdown."""
    machine = result['machine']
    height, width = result['size']
    lines = [f'{machine["processor"]}, {machine["cores"]} cores, {machine["threads"]} threads, '
             f'{machine["memory_gib"]} GiB, bfloat16 instructions: '
             f'{"yes" if machine["bfloat16_instructions"] else "no"}; '
             f'PyTorch {machine["torch"]}, drfuse {machine["drfuse"]}; {machine["date"]}. Medians of '
             f'{result["repeats"]} runs in turn, one before does not count.', '']
    lines += ['![Runtime against parameters](images/performance.svg)', '']
    for part in (_pipeline, _stages, _networks, _paper, _growth, _sets, _starts):
        lines += [*part(result, f'{width} x {height}'), '']
    return '\n'.join(lines[:-1])


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return ['| ' + ' | '.join(head) + ' |', '|' + '---|' * len(head), *('| ' + ' | '.join(row) + ' |' for row in rows)]


def _pipeline(result: Mapping[str, Any], size: str) -> list[str]:
    pipeline = result['pipeline']
    rows = [[name, f'{s:.3f}', f'{pipeline["speedups"][name]:.1f}'] for name, s in pipeline['seconds'].items()]
    return [f'### Files to file, {size}, T = 3, scenario composite', '',
            *_table(['pipeline', 'seconds', 'times faster'], rows), '',
            f'The default precision of the shipped model on this machine is {pipeline["precision"]}.']


def _stages(result: Mapping[str, Any], size: str) -> list[str]:
    pipeline = result['pipeline']
    rows = [[name, f'{1e3 * s:.0f}'] for name, s in pipeline['stages'].items()]
    shares = ', '.join(f'{part} {share:.0%}' for part, share in pipeline['correction_share'].items())
    return ['### Stages of the shipped model', '', *_table(['stage', 'milliseconds'], rows), '',
            f'`network` is the reverse process with its operators. Shares of its steps: {shares}.']


def _networks(result: Mapping[str, Any], size: str) -> list[str]:
    network = result['network']
    rows = [[name, f'{network[name]["parameters_m"]:.2f}', f'{network[name]["gflop_per_step"]:.1f}',
             f'{network["seconds_per_step"][name]:.3f}'] for name in ('paper', 'light')]
    modes = [[name, 'not available' if s is None else f'{1e3 * s:.0f}'] for name, s in result['light_modes'].items()]
    return ['### Networks', '', f'One step at {size}; a multiplication and an addition count as two FLOP. The light '
            f'network of the default pipeline is {network["speedup"]:.0f} times faster.', '',
            *_table(['network', 'parameters (M)', 'GFLOP', 'seconds'], rows), '',
            *_table(['light network', 'milliseconds a step'], modes)]


def _paper(result: Mapping[str, Any], size: str) -> list[str]:
    paper = result['paper_modes']
    rows = [[name, f'{s:.2f}', f'{paper["speedups"][name]:.2f}'] for name, s in paper['seconds'].items()]
    return [f'### The paper network, one step at {paper["size"][1]} x {paper["size"][0]}', '',
            *_table(['form', 'seconds', 'times faster'], rows)]


def _growth(result: Mapping[str, Any], size: str) -> list[str]:
    pixels, steps = result['growth']['pixels'], result['growth']['steps']
    rows = [[f'{mp:.2f}', f'{s:.2f}', f'{s / mp:.2f}'] for mp, s in zip(pixels['megapixels'], pixels['seconds'],
                                                                     strict=True)]
    by_steps = ', '.join(f'{t}: {s:.2f}' for t, s in zip(steps['steps'], steps['seconds'], strict=True))
    return ['### Growth', '', *_table(['megapixels', 'seconds', 'seconds a megapixel'], rows), '',
            f'Files to file: {pixels["fit"]["offset"]:.2f} s + {pixels["fit"]["slope"]:.2f} s a megapixel '
            f'(relative least squares, R2 = {pixels["fit"]["r2"]:.4f}).', '',
            f'Reverse process in float32 at {size}, seconds by T: {by_steps}; {steps["fit"]["offset"]:.2f} s + '
            f'{steps["fit"]["slope"]:.2f} s a step (R2 = {steps["fit"]["r2"]:.4f}).']


def _sets(result: Mapping[str, Any], size: str) -> list[str]:
    sets = result['sets']
    height, width = sets['evaluation_size']
    parts = ', '.join(f'{name} {sets["evaluation"][name]:.1f} s' for name in ('degrade', 'fuse', 'evaluate'))
    peaks = ', '.join(f'{number} pairs: {peak:.0f} MiB' for number, peak in sets['peak_mib_by_pairs'].items())
    return ['### Whole folders', '',
            f'{sets["evaluation"]["pairs"]} pairs of {width} x {height} by the command line, each step a process, six '
            f'metrics: {parts}, together {sets["evaluation"]["total"]:.1f} s. Peak memory of `drfuse fuse` over the '
            f'number of pairs (64 x 64): {peaks}.']


def _starts(result: Mapping[str, Any], size: str) -> list[str]:
    start, memory = result['start'], result['memory']
    return ['### Start and memory', '',
            f'`import drfuse` {start["import_s"]:.2f} s, `from drfuse.apis import FusionInferencer` '
            f'{start["inferencer_import_s"]:.2f} s, `drfuse --help` {start["help_s"]:.2f} s. Peak resident memory of '
            f'`drfuse fuse` at {size}: {memory["fuse_peak_mib"]:.0f} MiB, of which importing takes '
            f'{memory["import_peak_mib"]:.0f} MiB.']


def plot(result: Mapping[str, Any], path: Path) -> None:
    """Draw runtime against parameters, as Fig. 5 of the paper."""
    figure = Figure(figsize=(5, 3.5), layout='constrained')
    axes = figure.subplots()
    network, seconds = result['network'], result['pipeline']['seconds']
    for name, s in seconds.items():
        kind = 'paper' if name.startswith('paper') else 'light'
        axes.scatter(network[kind]['parameters_m'], s, label=name)
    axes.set(xscale='log', yscale='log', xlabel='parameters (M)', ylabel='seconds a pair, files to file')
    axes.legend(fontsize=7)
    axes.grid(True, which='both', alpha=0.3)
    figure.savefig(path)


def update_page(page: Path, result: Mapping[str, Any]) -> None:
    """Replace the measured part of a page, between its two marks.

    Raises:
        ValueError: If the page has not both marks.
    """
    text = page.read_text(encoding='utf-8')
    if START not in text or END not in text:
        raise ValueError(f'{page} needs the lines {START} and {END}')
    before, rest = text.split(START, 1)
    after = rest.split(END, 1)[1]
    page.write_text(f'{before}{START}\n\n{measured_text(result)}\n\n{END}{after}', encoding='utf-8')
