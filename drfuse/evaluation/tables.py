"""A comparison as CSV, Markdown, LaTeX and a table for the terminal: best bold, second underlined.

Where methods have different images, the tables say how many each number leaves out.
"""

import csv
import io
import math
from collections.abc import Iterator

from rich.console import Group
from rich.table import Table
from rich.text import Text

from drfuse.evaluation.comparison import BEST, SECOND, TEST, Cell, Comparison
from drfuse.evaluation.folder_evaluation import MethodResult
from drfuse.evaluation.functional import CATALOG

_LATEX_SPECIAL = str.maketrans({'_': r'\_', '&': r'\&', '%': r'\%', '#': r'\#', '$': r'\$', '{': r'\{', '}': r'\}',
                                '~': r'\textasciitilde{}', '^': r'\textasciicircum{}', '\\': r'\textbackslash{}'})


def result_name(metric: str, against: str) -> str:
    """Return the name of a result, which says what the fused images were measured against."""
    return f'{metric}/{against}'


def _arrow(metric: str, up: str, down: str, zero: str) -> str:
    spec = CATALOG[metric]
    return zero if spec.zero_is_best else up if spec.higher_is_better else down


def _columns(comparison: Comparison) -> list[tuple[str, str]]:
    return [(scenario, metric) for scenario in comparison.scenarios for metric in comparison.settings.metrics]


def _rows(comparison: Comparison) -> Iterator[tuple[str, list[Cell | None]]]:
    for method in (*comparison.methods, *comparison.trivial):
        yield method, [comparison.cell(method, *column) for column in _columns(comparison)]


def _text(cell: Cell | None, digits: int) -> str:
    """Return the number; a star and the count say how many images of the scenario it leaves out."""
    if cell is None:
        return ''
    number = 'undefined' if math.isnan(cell.mean) else f'{cell.mean:.{digits}f}'
    left_out = cell.undefined + cell.missing
    return f'{number} ({left_out}*)' if left_out else number


def _half_width(cell: Cell | None, digits: int, form: str) -> str:
    """Return half the width of the interval in a form, or nothing where there is none."""
    half = math.nan if cell is None else (cell.high - cell.low) / 2
    return '' if math.isnan(half) else form.format(f'{half:.{digits}f}')


def _note(comparison: Comparison, intervals: bool = False) -> str:
    cells = [cell for _, row in _rows(comparison) for cell in row if cell]
    undefined, missing = any(cell.undefined for cell in cells), any(cell.missing for cell in cells)
    why = ' or '.join(['undefined'] * undefined + ['without a result'] * missing)
    total = ', '.join(f'{len(comparison.stems(scenario))} {scenario}'.strip() for scenario in comparison.scenarios)
    variant = f'variant {comparison.settings.variant}, '
    return (f'{variant}measured against the {comparison.settings.against} sources'
            + '; ±: half the 95 % bootstrap interval over images' * intervals
            + f'; (n*): mean leaves out n of {total} images, {why}' * bool(why)
            + '; best and second: on the images that all methods have in common'
            * (bool(why) and any(cell.rank for cell in cells)))


def to_csv(comparison: Comparison) -> str:
    """Return one line per method and scenario: images, and per metric mean, interval and undefined images.

    A metric that is a sum over the sources adds its terms (``QMI_a/clean``, ``QMI_b/clean``) and the weaker one.
    """
    metrics, against = comparison.settings.metrics, comparison.settings.against
    header = ['method', 'scenario', 'images']
    halves = {metric: list(_halves(next(iter(comparison)), metric)) for metric in metrics}
    for metric in metrics:
        name = result_name(metric, against)
        header += [name, f'{name} low', f'{name} high', f'{name} undefined']
        header += [result_name(f'{metric}_{half}', against) for half in halves[metric]]
    rows = []
    for result in comparison:
        numbers: list[str] = []
        for metric in metrics:
            cell = comparison.cell(result.method, result.scenario, metric)
            means = _halves(result, metric)
            numbers += [_plain(cell.mean), _plain(cell.low), _plain(cell.high), str(cell.undefined),
                        *(_plain(means[half]) for half in halves[metric])]
        rows.append([result.method, result.scenario, len(result.scores), *numbers])
    return _csv([header, *rows])


def _halves(result: MethodResult, metric: str) -> dict[str, float]:
    return result.half_means(metric, CATALOG[metric].higher_is_better)


def to_per_image_csv(comparison: Comparison) -> str:
    """Return one line per method, scenario and image."""
    metrics, against = comparison.settings.metrics, comparison.settings.against
    rows = [['method', 'scenario', 'stem', *(result_name(metric, against) for metric in metrics)]]
    for result in comparison:
        rows += [[result.method, result.scenario, stem, *(_plain(scores[metric].value) for metric in metrics)]
                 for stem, scores in sorted(result.scores.items())]
    return _csv(rows)


def _csv(rows: list[list[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator='\n').writerows(rows)
    return text.getvalue()


def _plain(value: float) -> str:
    return '' if math.isnan(value) else repr(value)


def to_markdown(comparison: Comparison, digits: int = 4, intervals: bool = False) -> str:
    """Return a Markdown table, best bold and second underlined, with the intervals behind the means if wanted."""
    titles = [f'{scenario} {CATALOG[metric].label}'.strip() + ' ' + _arrow(metric, '↑', '↓', '→0')
              for scenario, metric in _columns(comparison)]
    lines = ['| method | ' + ' | '.join(titles) + ' |', '|---|' + '---|' * len(titles)]
    marks = {BEST: '**{}**', SECOND: '<u>{}</u>', 0: '{}'}
    for method, cells in _rows(comparison):
        name = f'*{method}*' if method in comparison.trivial else method
        texts = [marks[cell.rank if cell else 0].format(_text(cell, digits))
                 + _half_width(cell if intervals else None, digits, ' ±{}') for cell in cells]
        lines.append(f'| {name} | ' + ' | '.join(texts).replace('*)', r'\*)') + ' |')
    return '\n'.join([*lines, '', f'{_note(comparison, intervals).replace("*", chr(92) + "*")}.', ''])


def to_latex(comparison: Comparison, digits: int = 4, intervals: bool = False) -> str:
    """Return a LaTeX tabular (package booktabs), best bold and second underlined, scenarios as column groups.

    Args:
        comparison: What to show.
        digits: Decimal places.
        intervals: Whether half the width of the interval stands behind every mean.
    """
    metrics = comparison.settings.metrics
    count = len(metrics)
    lines = [r'\begin{tabular}{l' + '|'.join('c' * count for _ in comparison.scenarios) + '}', r'\toprule']
    if comparison.scenarios != ('',):
        groups = [rf'\multicolumn{{{count}}}{{c}}{{{_escape(s)}}}' for s in comparison.scenarios]
        lines.append('& ' + ' & '.join(groups) + r' \\')
    titles = [_latex_label(metric) for _ in comparison.scenarios for metric in metrics]
    lines += ['Method & ' + ' & '.join(titles) + r' \\', r'\midrule']
    marks = {BEST: r'\textbf{{{}}}', SECOND: r'\underline{{{}}}', 0: '{}'}
    for method, cells in _rows(comparison):
        if comparison.trivial and method == comparison.trivial[0]:
            lines.append(r'\midrule')
        texts = [marks[cell.rank if cell else 0].format(_text(cell, digits))
                 + _half_width(cell if intervals else None, digits, r' {{\scriptsize$\pm${}}}') for cell in cells]
        lines.append(f'{_escape(method)} & ' + ' & '.join(texts) + r' \\')
    return '\n'.join([*lines, r'\bottomrule', r'\end{tabular}', f'% {_note(comparison, intervals)}', ''])


def _latex_label(metric: str) -> str:
    name, _, index = CATALOG[metric].label.partition('_')
    label = rf'${name}_{{{index}}}$' if index else _escape(name)
    return label + _arrow(metric, r'$\uparrow$', r'$\downarrow$', r'$\to 0$')


def _escape(text: str) -> str:
    return text.translate(_LATEX_SPECIAL)


def to_rich(comparison: Comparison, scenario: str, digits: int = 4) -> Group:
    """Return a table of one scenario for the terminal: mean, half the width of the interval, rank."""
    against = comparison.settings.against
    title = f'{scenario}: ' * bool(scenario) + _note(comparison)
    table = Table()
    table.add_column('method', no_wrap=True)
    for metric in comparison.settings.metrics:
        table.add_column(f'{metric}\n/{against} {_arrow(metric, "↑", "↓", "→0")}', justify='right')
    styles = {BEST: '[bold]{}[/]', SECOND: '[underline]{}[/]', 0: '{}'}
    for method in (*comparison.methods, *comparison.trivial):
        cells = [comparison.cell(method, scenario, metric) for metric in comparison.settings.metrics]
        if all(cell is None for cell in cells):
            continue
        table.add_row(Text(method, 'italic' if method in comparison.trivial else ''),
                      *(styles[cell.rank].format(_text(cell, digits)) + _half_width(cell, digits, ' [dim]±{}[/]')
                        for cell in cells))
    return Group(Text(title), table)


def to_rich_halves(comparison: Comparison, scenario: str, digits: int = 4) -> Group | None:
    """Return the table of the weaker halves, or None if no metric is a sum over the sources."""
    def halves(method: str) -> list[float]:
        result = comparison.result(method, scenario)
        return [] if result is None else [
            result.weaker_half(metric, CATALOG[metric].higher_is_better) for metric in comparison.settings.metrics]

    rows = {method: values for method in (*comparison.methods, *comparison.trivial) if (values := halves(method))}
    shown = [i for i in range(len(comparison.settings.metrics))
             if any(not math.isnan(values[i]) for values in rows.values())]
    if not shown:
        return None
    title = Text('the half of the source that got less (a copy of one source shows here)')
    table = Table()
    table.add_column('method', no_wrap=True)
    for i in shown:
        table.add_column(result_name(comparison.settings.metrics[i], comparison.settings.against), justify='right')
    for method, values in rows.items():
        table.add_row(Text(method), *('' if math.isnan(values[i]) else f'{values[i]:.{digits}f}' for i in shown))
    return Group(title, table)


def to_rich_tests(comparison: Comparison, scenario: str, reference: str) -> Group | None:
    """Return the table of paired tests against a reference, or None for a single method."""
    p_values = {metric: comparison.p_values(reference, scenario, metric) for metric in comparison.settings.metrics}
    methods = [method for method in comparison.methods if any(method in p for p in p_values.values())]
    if not methods:
        return None
    title = Text(f'p-value against {reference} ({TEST})')
    table = Table()
    table.add_column('method', no_wrap=True)
    for metric in p_values:
        table.add_column(result_name(metric, comparison.settings.against), justify='right')
    for method in methods:
        values = [p.get(method, math.nan) for p in p_values.values()]
        table.add_row(Text(method), *('' if math.isnan(value) else f'{value:.2g}' for value in values))
    return Group(title, table)
