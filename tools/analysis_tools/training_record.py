"""Write what the stages of a training took and reached, for a model card, from the work directories of its runs.

Usage: python tools/analysis_tools/training_record.py docs/models/ivf_training_1.md work_dirs/ivf work_dirs/ivf_fusion

The minutes are those of the iterations as logged, validation left out; the metrics are those of each stage's last
validation.
"""

import argparse
import datetime
import json
import re
import sys
from pathlib import Path
from typing import Any

from mmengine.config import Config

from drfuse.engine.app import OneLineParser, run_app
from drfuse.utils.checkpoint import write_atomic
from drfuse.utils.config import UserError
from drfuse.utils.environment import machine

METRICS = ('QMI', 'QNCIE', 'QABF', 'QP', 'QCB', 'QW')


def newest(run: Path, pattern: str) -> Path:
    """Return the newest file of a work directory that fits.

    Raises:
        UserError: If there is none.
    """
    found = sorted(run.glob(pattern))
    if not found:
        raise UserError(f'{run}: no {pattern}; name work directories of finished trainings')
    return found[-1]


def logged_minutes(run: Path) -> tuple[int, float]:
    """Return the last iteration and the minutes that the iterations took; a resumed run has several logs."""
    times: dict[int, float] = {}
    for log in sorted(run.glob('*/vis_data/scalars.json')):
        for line in log.read_text().splitlines():
            entry = json.loads(line)
            if 'time' in entry and 'iter' in entry:
                times[entry['iter']] = entry['time']
    if not times:
        raise UserError(f'{run}: no */vis_data/scalars.json with iterations; name work directories of trainings')
    previous, seconds = 0, 0.0
    for iteration in sorted(times):
        seconds += (iteration - previous) * times[iteration]
        previous = iteration
    return previous, seconds / 60


def processes(run: Path) -> int:
    """Return how many processes trained, by the newest log; 1 if there is none."""
    logs = sorted(run.glob('*/*.log'))
    found = re.search(r'GPU number: (\d+)', logs[-1].read_text(errors='replace')) if logs else None
    return int(found[1]) if found else 1


def stage(run: Path) -> dict[str, Any]:
    """Return the facts of one run."""
    cfg = Config.fromfile(newest(run, '*.py'))
    iterations, minutes = logged_minutes(run)
    validation = json.loads(newest(run, 'val_metrics.jsonl').read_text().splitlines()[-1])
    loader = cfg.train_dataloader
    shared = loader.dataset.get('shared', loader.dataset)
    return dict(config=newest(run, '*.py').stem, start=Path(cfg.load_from).name if cfg.get('load_from') else '-',
                iterations=iterations, batch=loader.batch_size, processes=processes(run), crop=shared.crop_size,
                minutes=minutes, lr=cfg.optim_wrapper.optimizer.lr, metrics=validation['metrics'],
                at=validation['iter'])


def page(stages: list[dict[str, Any]]) -> str:
    """Return the record as Markdown."""
    sources = [k for k in stages[0]['metrics'] if k.startswith('PSNR/') and k != 'PSNR/mean']
    fused = [f'{name}/clean' for name in METRICS if f'{name}/clean' in stages[0]['metrics']]
    lines = [f'Machine: {machine()}; one thread a process. Written {datetime.date.today().isoformat()} by '
             '`tools/analysis_tools/training_record.py` from the logs of the runs.', '',
             '| stage | starts from | iterations | processes x batch | learning rate | minutes |', '|---' * 6 + '|']
    lines += [f'| `{s["config"]}.py` | `{s["start"]}` | {s["iterations"]:,} | {s["processes"]} x {s["batch"]} x '
              f'{s["crop"]}^2 | {s["lr"]:g} | {s["minutes"]:.0f} |' for s in stages]
    lines += ['', "Last validation of each stage (the config's validation pairs and scenario):", '',
              f'| stage | {" | ".join([*sources, *fused])} |', '|---' * (len(sources) + len(fused) + 1) + '|']
    for s in stages:
        cells = [*(f'{s["metrics"][k]:.2f}' for k in sources), *(f'{s["metrics"][k]:.4f}' for k in fused)]
        lines.append(f'| `{s["config"]}.py`, {s["at"]:,} | {" | ".join(cells)} |')
    return '\n'.join(lines) + '\n'


def main(argv: list[str] | None = None) -> int:
    """Parse the arguments and write the page; return the exit code."""
    parser = OneLineParser(prog='training_record.py', description=__doc__,
                           formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=Path, help='Markdown file')
    parser.add_argument('runs', nargs='+', type=Path, help='work directories, first stage first')

    def run() -> None:
        args = parser.parse_args(argv)
        write_atomic(page([stage(path) for path in args.runs]), args.out)

    return run_app(run)


if __name__ == '__main__':
    sys.exit(main())
