"""Draw quality against time of models and of the cascades of the toolbox, on validation pairs.

python tools/analysis_tools/pareto.py ivf --data-root ROADSCENE --choice docs/results/rivals_ivf.json \
    --ours T3=configs/light/ivf.py,weights/ivf.pth T1=CONFIG,WEIGHTS --out docs/results/pareto_ivf

Every restorer that is chosen from for both sources, times every fusion rule. Writes OUT.json, OUT.md and a figure. Do
not run it beside anything else.
"""

import argparse
import datetime
import json
import os
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from mmengine.registry import init_default_scope
from rich.console import Console
from rich.progress import Progress

from drfuse.engine.app import OneLineParser, make_folder, run_app
from drfuse.evaluation.functional.arrays import available_workers
from drfuse.evaluation.rivals.arguments import FUSERS, pair_of_files, read_ours
from drfuse.evaluation.rivals.jobs import Method, run_methods
from drfuse.evaluation.rivals.pareto import measured_points, page, plot
from drfuse.evaluation.rivals.scenarios import SCENARIOS, Scenario, scenario_dataset, stems
from drfuse.evaluation.study.plan import VALIDATION
from drfuse.utils.checkpoint import file_sha256, write_atomic
from drfuse.utils.config import UserError
from drfuse.utils.environment import machine


def build_parser() -> argparse.ArgumentParser:
    """Return the parser."""
    parser = OneLineParser(prog='pareto.py', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('task', choices=tuple(VALIDATION))
    parser.add_argument('--data-root', required=True, help='folder of RoadScene (ivf) or Harvard PET-MRI (mif)')
    parser.add_argument('--choice', required=True, metavar='CHOICE.json', help='what compare_methods.py --choose wrote')
    parser.add_argument('--out', required=True, metavar='OUT', help='writes OUT.json, OUT.md and the figure')
    parser.add_argument('--figure', help='the figure; default: OUT.svg')
    parser.add_argument('--scenario', choices=SCENARIOS, default='composite')
    parser.add_argument('--pairs', help='list of stems of training pairs; default: the validation list of the task')
    parser.add_argument('--ours', nargs='+', required=True, metavar='NAME=CONFIG,WEIGHTS', help='models')
    parser.add_argument('--denoiser', metavar='CONFIG,WEIGHTS', help='trained denoiser, for the restorers that use one')
    parser.add_argument('--repeats', type=int, default=5, help='runs of each that are timed')
    parser.add_argument('--cache', default='work_dirs/compare_cache', help='folder of results of single pairs')
    parser.add_argument('--workers', type=int, default=available_workers(), help='processes that measure quality')
    return parser


def read_methods(args: argparse.Namespace, sources: tuple[str, ...]) -> dict[str, Method]:
    """Return models and cascades by name.

    Raises:
        UserError: If a file is missing or has no choice for the scenario.
    """
    path = Path(args.choice)
    choices = json.loads(path.read_text()).get('choices', {}) if path.is_file() else {}
    if args.scenario not in choices:
        raise UserError(f'--choice {path} has no choice for {args.scenario}, or does not exist')
    families = {source: choices[args.scenario][source]['families'] for source in sources}
    denoiser = pair_of_files(args.denoiser, '--denoiser')
    methods = {name: Method('model', config=config, weights=weights)
               for name, (config, weights) in read_ours(args.ours).items()}
    for name in families[sources[0]]:
        if all(name in families[source] for source in sources):
            restorers = {source: families[source][name]['restorer'] for source in sources}
            methods[name] = Method.with_restorers('rivals', restorers, FUSERS, denoiser)
    return methods


def measure(args: argparse.Namespace) -> None:
    """Measure and write.

    Raises:
        UserError: On a mistake in the arguments, the files or the data.
    """
    init_default_scope('drfuse')
    if args.repeats < 1 or args.workers < 1:
        raise UserError(f'--repeats and --workers must be >= 1, got {args.repeats} and {args.workers}')
    pairs = args.pairs or VALIDATION[args.task][1]
    scenario = Scenario(args.task, args.scenario, args.data_root, 'train', pairs)
    dataset = scenario_dataset(scenario)
    methods = read_methods(args, tuple(dataset.modalities))
    out = Path(args.out)
    figure = Path(args.figure or out.with_suffix('.svg'))
    for path, option in ((args.cache, '--cache'), (out.parent, '--out folder'), (figure.parent, '--figure folder')):
        make_folder(path, option)
    with Progress(console=Console(stderr=True)) as progress:
        outcomes = run_methods(scenario, methods, Path(args.cache), args.workers, lambda title, total:
                               partial(progress.advance, progress.add_task(title, total=total)))
    inputs = dataset[0]['inputs']
    height, width = next(iter(inputs.values())).A.image_shape
    points = measured_points(methods, inputs, outcomes, args.repeats)
    facts = dict(task=args.task, scenario=args.scenario, pairs=pairs, images=len(stems(scenario)),
                 size=f'{width} x {height}', repeats=args.repeats, choice=Path(args.choice).name, machine=machine(),
                 threads=torch.get_num_threads(), date=datetime.date.today().isoformat(),
                 models={name: file_sha256(m.weights) for name, m in methods.items() if m.kind == 'model'})
    plot(points, figure)
    write_atomic(json.dumps(dict(facts=facts, points=[asdict(p) for p in points]), indent=1), out.with_suffix('.json'))
    address = Path(os.path.relpath(figure, out.parent)).as_posix()
    write_atomic(page(facts, points, address), out.with_suffix('.md'))
    Console().print(f'written: {out.with_suffix(".json")}, {out.with_suffix(".md")}, {figure}', highlight=False)


def main(argv: list[str] | None = None) -> int:
    """Parse the arguments and run; return the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    return run_app(lambda: measure(build_parser().parse_args(argv)))


if __name__ == '__main__':
    sys.exit(main())
