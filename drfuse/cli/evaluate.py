"""``drfuse evaluate``: fusion metrics of the result folders of any method."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from drfuse.cli.progress import progress_bar
from drfuse.cli.run import run_command
from drfuse.evaluation import tables
from drfuse.evaluation.comparison import Comparison
from drfuse.evaluation.convention import AGAINST
from drfuse.evaluation.folder_evaluation import TRIVIAL, MethodResult, Settings, Task, run_tasks
from drfuse.evaluation.folders import match_folders
from drfuse.evaluation.functional import PAPER_METRICS, VARIANTS, metric_specs
from drfuse.utils.checkpoint import write_atomic
from drfuse.utils.config import UserError

_LISTS = ('--fused', '--sources', '--metrics')
_SHOWN = 3


def evaluate(  # noqa: PLR0913 - one parameter per option
    fused: Annotated[list[str], typer.Option(
        help='Folders of fused images, one per method; NAME=DIR names a method, NAME:SCENARIO=DIR a column group.')],
    sources: Annotated[list[Path], typer.Option(help='The two folders of source images.')],
    metrics: Annotated[list[str], typer.Option(help='Metrics.')] = list(PAPER_METRICS),  # noqa: B006 - typer copies it
    variant: Annotated[str, typer.Option(help='yuliu or zliu.')] = 'yuliu',
    against: Annotated[str, typer.Option(
        help='What the source folders hold: clean or observed (degraded) images.')] = 'clean',
    with_trivial: Annotated[bool, typer.Option(
        '--with-trivial', help='Add rows for the copies of each source, the average and the maximum.')] = False,
    json_file: Annotated[Path | None, typer.Option('--json', help='Write everything, per image too.')] = None,
    csv_file: Annotated[Path | None, typer.Option('--csv', help='Write the means.')] = None,
    per_image: Annotated[Path | None, typer.Option(help='Write the values of every image as CSV.')] = None,
    latex: Annotated[Path | None, typer.Option(help='Write a LaTeX table.')] = None,
    markdown: Annotated[Path | None, typer.Option(help='Write a Markdown table.')] = None,
    intervals: Annotated[bool, typer.Option(
        '--intervals', help='Put the 95 % bootstrap intervals into the LaTeX and Markdown tables.')] = False,
    compare_to: Annotated[str | None, typer.Option(
        help='Method that the paired tests compare with; default: the first one.')] = None,
    resamples: Annotated[int, typer.Option(min=0, help='Bootstrap resamples for the intervals; 0 = none.')] = 2000,
    digits: Annotated[int, typer.Option(min=0, max=15, help='Decimal places of the tables.')] = 4,
    workers: Annotated[int | None, typer.Option(min=1, help='Cores to use; default: all.')] = None,
) -> None:
    """Compute fusion metrics of image folders: drfuse evaluate --fused DIR --sources DIR_A DIR_B."""
    settings = _settings(metrics, variant, against)
    if len(sources) != 2:
        raise UserError(f'--sources takes two folders, got {len(sources)}')
    _check_files(json_file, csv_file, per_image, latex, markdown)
    methods = _methods(fused)
    console = Console()
    tasks = _tasks(methods, sources, with_trivial, Console(stderr=True))
    comparison = Comparison(_run(tasks, settings, workers), settings, resamples)
    reference = _reference(compare_to, comparison)
    _print(comparison, reference, console, digits)
    _write((json_file, lambda: json.dumps(comparison.to_dict(reference), indent=1) + '\n'),
           (csv_file, lambda: tables.to_csv(comparison)), (per_image, lambda: tables.to_per_image_csv(comparison)),
           (latex, lambda: tables.to_latex(comparison, digits, intervals)),
           (markdown, lambda: tables.to_markdown(comparison, digits, intervals)), console=console)


def _check_files(*files: Path | None) -> None:
    known = [file.resolve() for file in files if file]
    twice = next((file for file in known if known.count(file) > 1), None)
    if twice:
        raise UserError(f'two results would be written to {twice}')


def _settings(metrics: Sequence[str], variant: str, against: str) -> Settings:
    names = tuple(dict.fromkeys(name for item in metrics for name in item.split(',') if name))
    for value, allowed, option in ((variant, VARIANTS, '--variant'), (against, AGAINST, '--against')):
        if value not in allowed:
            raise UserError(f'{option} must be one of {", ".join(allowed)}, got {value!r}')
    try:
        metric_specs(names)
    except ValueError as error:
        raise UserError(error) from None
    return Settings(names, variant, against)


def _methods(fused: Iterable[str]) -> dict[tuple[str, str], Path]:
    """Return (method, scenario) to folder."""
    methods: dict[tuple[str, str], Path] = {}
    for item in fused:
        label, _, folder = item.rpartition('=') if not Path(item).is_dir() else ('', '', item)
        name, _, scenario = label.partition(':')
        key = (name or _folder_name(Path(folder)), scenario)
        if key in methods:
            raise UserError(f'two folders for the method {key[0]!r}: {methods[key]} and {folder}; name them NAME=DIR')
        if name in TRIVIAL:
            raise UserError(f'{name!r} names a trivial row: give the method another name')
        methods[key] = Path(folder)
    return methods


def _folder_name(folder: Path) -> str:
    return folder.resolve().name or 'fused'


def _tasks(methods: dict[tuple[str, str], Path], sources: Sequence[Path], with_trivial: bool,
           console: Console) -> list[Task]:
    tasks, triples = [], {}
    for (method, scenario), folder in methods.items():
        matches = match_folders(folder, sources)
        for names, what in ((matches.missing, 'sources have no result'), (matches.extra, 'results have no source')):
            if names:
                listed = ', '.join(names[:_SHOWN]) + ', ...' * (len(names) > _SHOWN)
                console.print(f'warning: {folder}: {len(names)} {what} and are left out: {listed}', highlight=False,
                              markup=False, soft_wrap=True)
        tasks += [Task(method, scenario, triple) for triple in matches.triples]
        triples.setdefault(scenario, {}).update({triple.stem: triple for triple in matches.triples})
    if with_trivial:
        tasks += [Task(rule, scenario, triple, rule)
                  for scenario, by_stem in triples.items() for rule in TRIVIAL for triple in by_stem.values()]
    return tasks


def _run(tasks: Sequence[Task], settings: Settings, workers: int | None) -> list[MethodResult]:
    with progress_bar(Console(stderr=True), len(tasks), 'images') as advance:
        try:
            return run_tasks(tasks, settings, workers, advance)
        except ValueError as error:
            raise UserError(error) from error


def _reference(compare_to: str | None, comparison: Comparison) -> str:
    if compare_to is not None and compare_to not in comparison.methods:
        raise UserError(f'--compare-to must be one of {", ".join(comparison.methods)}, got {compare_to!r}')
    return compare_to or comparison.methods[0]


def _print(comparison: Comparison, reference: str, console: Console, digits: int) -> None:
    for scenario in comparison.scenarios:
        console.print(tables.to_rich(comparison, scenario, digits))
        halves = tables.to_rich_halves(comparison, scenario, digits)
        if halves is not None:
            console.print(halves)
        tests = tables.to_rich_tests(comparison, scenario, reference)
        if tests is not None:
            console.print(tests)


def _write(*files: tuple[Path | None, Callable[[], str]], console: Console) -> None:
    """Write the texts whose files are named."""
    for path, content in files:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(content(), path)
            console.print(f'written: {path}', highlight=False)


def repeat_lists(argv: Sequence[str]) -> list[str]:
    """Turn ``--metrics QMI QP`` into ``--metrics QMI --metrics QP``, which the option parser understands."""
    out: list[str] = []
    option = None
    for item in argv:
        if item.startswith('-'):
            option = item if item in _LISTS else None
            if option is None:
                out.append(item)
        else:
            out += [option, item] if option else [item]
    return out


def main(argv: list[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: Arguments; ``None`` = ``sys.argv``.

    Returns:
        Exit code: 0, or 2 for a mistake of the user.
    """
    program = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    program.command()(evaluate)
    arguments = repeat_lists(sys.argv[1:] if argv is None else argv)
    return run_command(program, arguments, 'drfuse evaluate', 'error')
