"""Train the variants of a study for the same time, restore validation pairs with each, and write one table.

python tools/analysis_tools/study.py configs/studies/steps.py --data-root DATA --minutes 4 --workers 2 [--pairs 7]

DATA holds the sets that the base config names. Of every variant the seconds an iteration are measured first, with as
many trainings side by side as in the study; they set how many iterations fit into --minutes. Trainings, speeds and
results of single pairs are kept under --work-dir: the same command goes on where it was interrupted.
"""

import argparse
import dataclasses
import json
import signal
import sys
from pathlib import Path
from typing import Any

from mmengine.registry import init_default_scope
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from drfuse.engine.app import OneLineParser, make_folder, run_app
from drfuse.evaluation.functional.arrays import available_workers
from drfuse.evaluation.rivals.arguments import own_results
from drfuse.evaluation.study.conduct import Conditions, Conductor
from drfuse.evaluation.study.plan import Study, read_study
from drfuse.utils.checkpoint import write_atomic
from drfuse.utils.config import UserError

CACHE = 'work_dirs/compare_cache'
"""That of compare_methods.py."""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser."""
    parser = OneLineParser(prog='study.py', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('study', help='config of the study: studies/*.py')
    parser.add_argument('--data-root', required=True, help='folder of all sets of the base config')
    parser.add_argument('--minutes', type=float, default=4.0, help='of each training; default: 4')
    parser.add_argument('--workers', type=int, default=available_workers(),
                        help='trainings side by side, one thread each; default: all cores')
    parser.add_argument('--pairs', type=int, help='validation pairs, spread over the list; default: all')
    parser.add_argument('--seeds', type=int, nargs='+', help='in place of those of the config')
    parser.add_argument('--variants', nargs='+', metavar='NAME', help='only these of the config, the first to compare '
                        'with; default: all')
    parser.add_argument('--work-dir', help='folder of trainings; default: work_dirs/study_NAME')
    parser.add_argument('--cache', default=CACHE, help=f'folder of results of single pairs; default: {CACHE}')
    parser.add_argument('--out', help='writes OUT.json and OUT.md; default: study_NAME in docs/results of a checkout, '
                        'outside one in --work-dir')
    return parser


def chosen(study: Study, args: argparse.Namespace) -> Study:
    """Return the study with the seeds and variants of the command line."""
    unknown = set(args.variants or ()) - set(study.variants)
    if unknown:
        raise UserError(f'--variants: {", ".join(sorted(unknown))} not in {args.study}, which has '
                        f'{", ".join(study.variants)}')
    names = list(dict.fromkeys(args.variants or study.variants))
    seeds = tuple(dict.fromkeys(args.seeds or study.seeds))
    return dataclasses.replace(study, seeds=seeds, variants={name: study.variants[name] for name in names})


def conduct(args: argparse.Namespace) -> None:
    """Run the study and write its tables.

    Raises:
        UserError: On a mistake in the arguments, the study or the data, or if a training fails.
    """
    init_default_scope('drfuse')
    if args.minutes <= 0 or args.workers < 1 or (args.pairs is not None and args.pairs < 1):
        raise UserError(f'--minutes must be > 0, --workers and --pairs >= 1, got {args.minutes:g}, {args.workers} and '
                        f'{args.pairs}')
    study = chosen(read_study(args.study), args)
    folder = Path(args.work_dir or f'work_dirs/study_{study.name}')
    out = Path(args.out or (own_results() or folder) / f'study_{study.name}')
    for path, name in ((folder, '--work-dir'), (args.cache, '--cache'), (out.parent, 'folder of --out')):
        make_folder(path, name)
    conditions = Conditions(args.data_root, args.minutes, args.workers, args.pairs, folder, Path(args.cache))
    columns = (TextColumn('{task.description}'), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        text, data = Conductor(study, conditions, progress).run()
        write_atomic(json.dumps(data, indent=1) + '\n', out.with_name(f'{out.name}.json'))
        write_atomic(text, out.with_name(f'{out.name}.md'))
        progress.console.print(f'written: {out}.json, {out}.md', highlight=False, soft_wrap=True)


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


def main(argv: list[str] | None = None) -> int:
    """Parse the arguments and run; return the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    signal.signal(signal.SIGTERM, _interrupt)  # trainings are ended with this program
    return run_app(lambda: conduct(build_parser().parse_args(argv)),
                   interrupted='interrupted; the same command goes on, trainings that have ended are kept')


if __name__ == '__main__':
    sys.exit(main())
