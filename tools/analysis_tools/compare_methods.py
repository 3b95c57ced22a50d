"""Compare models with classical restorers times fusion rules: one script, one table.

First ``--choose CHOICE.json`` on validation pairs picks the best restorer and its settings for each scenario and source
by mean PSNR; then ``--report OUT`` runs a test list with these choices and writes OUT.json and OUT.md. Results of
single pairs are kept in ``--cache``, so that another method or scenario computes only what is new.
"""

import argparse
import datetime
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mmengine.registry import init_default_scope
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from drfuse.engine.app import OneLineParser, make_folder, run_app
from drfuse.evaluation.functional.arrays import available_workers
from drfuse.evaluation.rivals.arguments import FUSERS, own_results, pair_of_files, read_ours
from drfuse.evaluation.rivals.jobs import Method, run_methods
from drfuse.evaluation.rivals.report import page, row_results, rows_of
from drfuse.evaluation.rivals.scenarios import SCENARIOS, Scenario, scenario_dataset, stems
from drfuse.evaluation.rivals.summary import COPIES, ScenarioResult
from drfuse.evaluation.rivals.tuning import Chooser, joined, read_families
from drfuse.utils.checkpoint import file_sha256, write_atomic
from drfuse.utils.config import UserError, load_config
from drfuse.utils.environment import machine
from drfuse.utils.paths import find_config


def build_parser() -> argparse.ArgumentParser:
    """Return the parser."""
    parser = OneLineParser(prog='compare_methods.py', description=__doc__,
                           formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('task', choices=('ivf', 'mif'))
    parser.add_argument('--data-root', required=True, help='folder of RoadScene (ivf) or Harvard PET-MRI (mif)')
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument('--choose', metavar='CHOICE.json', help='pick restorers on the pairs and write this file')
    mode.add_argument('--report', metavar='OUT', help='compare on the pairs; writes OUT.json and OUT.md')
    parser.add_argument('--split', choices=('train', 'test'), help='folder of the pairs; default: train to choose '
                        '(validation pairs are held back from there), test to report')
    parser.add_argument('--pairs', default='', help='list of stems, such as splits/roadscene_val.txt; default: all')
    parser.add_argument('--scenarios', nargs='+', choices=SCENARIOS, default=list(SCENARIOS))
    parser.add_argument('--boundary', choices=('reflect', 'zero'), default='', help="in place of the recipe's own")
    parser.add_argument('--choice', metavar='CHOICE.json', help='what --choose wrote; needed to report')
    parser.add_argument('--ours', nargs='*', default=[], metavar='NAME=CONFIG,WEIGHTS', help='models to compare')
    parser.add_argument('--ours-fusers', action='store_true', help="show fusion rules on our models' restored sources")
    parser.add_argument('--all-rivals', action='store_true', help='every restorer times every rule, not the best alone')
    parser.add_argument('--denoiser', metavar='CONFIG,WEIGHTS', help='trained denoiser, for the restorers that use one')
    parser.add_argument('--rivals', default='_base_/rivals.py', help='config of the restorers to choose from')
    parser.add_argument('--families', nargs='+', default=[], metavar='NAME', help='choose among these and what '
                        'CHOICE.json, where it exists, says of the others on the same pairs; default: all of --rivals')
    parser.add_argument('--tuning-pairs', type=int, default=5, help='pairs on which settings are searched')
    parser.add_argument('--cache', default='work_dirs/compare_cache', help='folder of results of single pairs')
    parser.add_argument('--log', help='notes every look at a test list; default: docs/results/test_runs.jsonl of the '
                        'checkout; needed for a test list outside one')
    parser.add_argument('--workers', type=int, default=available_workers(), help='processes; default: all cores')
    return parser


class Comparison:
    """The scenarios and common settings of one run."""

    def __init__(self, args: argparse.Namespace, progress: Progress) -> None:
        split = args.split or ('train' if args.choose else 'test')
        self.args, self.progress = args, progress
        self.scenarios = [Scenario(args.task, name, args.data_root, split, args.pairs, args.boundary)
                          for name in args.scenarios]
        self.sources = scenario_dataset(self.scenarios[0]).modalities
        self.denoiser = pair_of_files(args.denoiser, '--denoiser')
        self.cache = Path(args.cache)

    def counter(self, title: str, total: int) -> Callable[[], None]:
        """Begin a progress bar; return what moves it."""
        task = self.progress.add_task(title, total=total)
        return lambda: self.progress.advance(task)

    def facts(self) -> dict[str, Any]:
        """Return what a reader must know of this run."""
        args = self.args
        denoiser = self.denoiser and dict(config=Path(self.denoiser[0]).name, sha256=file_sha256(self.denoiser[1]))
        return dict(task=args.task, split=self.scenarios[0].split, pairs=args.pairs or 'all',
                    images=len(stems(self.scenarios[0])), boundary=args.boundary or 'of the recipe', denoiser=denoiser,
                    machine=machine(), date=datetime.date.today().isoformat())

    def choose(self) -> None:
        """Choose restorers and write the choice."""
        args, facts = self.args, self.facts()
        families = [f for f in read_families(load_config(find_config(args.rivals)).families)
                    if f.name in args.families or not args.families]
        unknown = set(args.families) - {f.name for f in families}
        if unknown:
            raise UserError(f'--families {", ".join(sorted(unknown))} is not in {args.rivals}')
        earlier = self.earlier(facts)
        scenarios = [s for s in self.scenarios if any(s.name in f.scenarios for f in families)]
        chooser = Chooser(families, self.cache, self.denoiser, args.tuning_pairs, args.workers, self.counter)
        choices = joined(earlier.get('choices', {}), chooser.choose(scenarios, self.sources))
        facts.update(dict(families=args.families, earlier=earlier['facts']) if earlier else {})
        write_atomic(json.dumps(dict(facts=facts, choices=choices), indent=1), Path(args.choose))
        for scenario, by_source in choices.items():
            for source, found in by_source.items():
                ranking = sorted(found['families'].items(), key=lambda item: -item[1]['psnr'])
                text = ', '.join(f'{name} {entry["psnr"]:.2f}' for name, entry in ranking)
                self.progress.console.print(f'{scenario} {source}: {text}', highlight=False)

    def earlier(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Return the choice that is to be completed, {} if none is.

        Raises:
            UserError: If it was made on other pairs.
        """
        path = Path(self.args.choose)
        if not self.args.families or not path.is_file():
            return {}
        known = json.loads(path.read_text())
        for name in ('task', 'split', 'pairs', 'images', 'boundary'):
            if known['facts'][name] != facts[name]:
                raise UserError(f'{path} was chosen with {name} {known["facts"][name]}, not {facts[name]}: choose all '
                                'families anew')
        return known

    def methods(self, choices: dict[str, Any], ours: dict[str, tuple[str, str]]) -> dict[str, Method]:
        """Return the methods of a scenario by name."""
        methods = {name: Method('model', fusers=FUSERS if self.args.ours_fusers else (), config=files[0],
                                weights=files[1]) for name, files in ours.items()}
        best = {source: choices[source]['families'][choices[source]['best']]['restorer'] for source in self.sources}
        rules = (*FUSERS, *COPIES)
        methods['best rival'] = Method.with_restorers('rivals', best, rules, self.denoiser)
        if self.args.all_rivals:
            common = set.intersection(*(set(choices[source]['families']) for source in self.sources))
            for name in sorted(common):
                pair = {source: choices[source]['families'][name]['restorer'] for source in self.sources}
                methods[name] = Method.with_restorers('rivals', pair, FUSERS, self.denoiser)
        return methods

    def report(self) -> None:
        """Run all methods and write the tables."""
        args, ours, log = self.args, read_ours(self.args.ours), self.log_file()
        if not args.choice or not Path(args.choice).is_file():
            raise UserError(f'--report needs --choice CHOICE.json, written by --choose; got {args.choice}')
        choice = json.loads(Path(args.choice).read_text())
        missing = [s.name for s in self.scenarios if s.name not in choice['choices']]
        if missing:
            raise UserError(f'{args.choice} has no choice for {", ".join(missing)}')
        results = [self.scenario_result(s, self.methods(choice['choices'][s.name], ours), ours) for s in self.scenarios]
        facts = dict(self.facts(), chosen_on=choice['facts']['pairs'],
                     ours={name: dict(config=Path(c).name, weights=Path(w).name, sha256=file_sha256(w))
                           for name, (c, w) in ours.items()})
        facts['looks'] = self.note(facts, log)
        text, data = page(facts, results, choice['choices'])
        out = Path(args.report)
        write_atomic(json.dumps(data, indent=1), out.with_suffix('.json'))
        write_atomic(text, out.with_suffix('.md'))
        self.progress.console.print(f'written: {out.with_suffix(".json")}, {out.with_suffix(".md")}', highlight=False)

    def scenario_result(self, scenario: Scenario, methods: dict[str, Method], ours: dict[str, Any]) -> ScenarioResult:
        """Return all methods of a scenario."""
        outcomes = run_methods(scenario, methods, self.cache, self.args.workers, self.counter)
        result = ScenarioResult(scenario.name)
        for name, found in outcomes.items():
            result.sources[name] = row_results(found)
            result.rows += rows_of(name, found, name in ours)
        return result

    def log_file(self) -> Path | None:
        """Return the log of looks; None for pairs that may be looked at, outside a checkout.

        Raises:
            UserError: If a test list is looked at and it is not known where: a file of this directory would begin to
                count anew in the next one.
        """
        own = own_results()
        if self.args.log or own:
            return Path(self.args.log or own / 'test_runs.jsonl')
        if self.scenarios[0].split == 'test':
            raise UserError('--log FILE is needed to report on a test list outside a checkout: it counts the looks')
        return None

    @staticmethod
    def note(facts: dict[str, Any], log: Path | None) -> int:
        """Write a run on a test list into the log; return how many are in it for this task."""
        if log is None:
            return 0
        if facts['split'] == 'test':
            make_folder(log.parent, '--log folder')
            with open(log, 'a', encoding='utf-8') as file:
                file.write(json.dumps({k: facts[k] for k in ('date', 'task', 'pairs', 'images', 'ours')}) + '\n')
        lines = log.read_text(encoding='utf-8').splitlines() if log.is_file() else []
        return sum(json.loads(line)['task'] == facts['task'] for line in lines)


def compare(args: argparse.Namespace) -> None:
    """Choose or report.

    Raises:
        UserError: On a mistake in the arguments, the files or the data.
    """
    init_default_scope('drfuse')
    if args.workers < 1 or args.tuning_pairs < 1:
        raise UserError(f'--workers and --tuning-pairs must be >= 1, got {args.workers} and {args.tuning_pairs}')
    make_folder(args.cache, '--cache')
    make_folder(Path(args.choose or args.report).parent, 'folder of the results')
    columns = (TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        comparison = Comparison(args, progress)
        comparison.choose() if args.choose else comparison.report()


def main(argv: list[str] | None = None) -> int:
    """Parse the arguments and run; return the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    return run_app(lambda: compare(build_parser().parse_args(argv)))


if __name__ == '__main__':
    sys.exit(main())
