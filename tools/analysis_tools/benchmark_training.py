"""Measure training: samples a second, waiting for data, memory against time, compiling, two processes.

python tools/analysis_tools/benchmark_training.py --data-root DATA [--only PART,...]

DATA holds RoadScene, RoadSceneHR and BSD400 as configs/_base_/datasets/ivf_mixed.py names them. Every run is a process
of its own that trains with the real loader and optimiser. Numbers go to docs/results/training_speed.json (other parts
are kept), tables to docs/performance.md.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.registry import init_default_scope

from drfuse.benchmark.machine import describe_machine
from drfuse.benchmark.page import table, update_page
from drfuse.benchmark.timing import median, run_process
from drfuse.datasets.data_root import set_data_root
from drfuse.engine.runner import FusionRunner
from drfuse.registry import HOOKS
from drfuse.utils.config import load_config
from drfuse.utils.launch import close_launcher, is_main, setup_launcher
from drfuse.utils.paths import find_config

DOCS = Path(__file__).resolve().parents[2] / 'docs'
MARKS = '<!-- training: begin -->', '<!-- training: end -->'
LIGHT, PAPER = 'light/ivf.py', 'drfusion/ivf_composite_roadscene.py'
_PAPER = dict(config=PAPER, folder='RoadScene', threads=2, patch=256)
_STEP = dict(_PAPER, batch=2, iterations=2)
_ONE = dict(config=LIGHT, iterations=8, batch=8, threads=1)
PARTS: dict[str, dict[str, dict[str, Any]]] = dict(
    speed={'light, batch 8, patch 96': dict(_ONE, threads=2), 'light, one thread': _ONE},
    memory={'plain': dict(_STEP, recompute=False), 'recomputed': _STEP,
            'recomputed, 2 x batch 1': dict(_STEP, batch=1, accumulate=2, iterations=4)},
    step={'recomputed, batch 8': dict(_PAPER, batch=8, iterations=1, skipped=0)},
    compile={'light': _ONE, 'light, compiled': dict(_ONE, compile=True)},
    processes={'one process': _ONE, 'two processes': dict(_ONE, processes=2)})
"""Part to runs; a run says what differs from its config."""


@HOOKS.register_module()
class Stopwatch(Hook):
    """Times the wait for every batch and what is done with it.

    Attributes:
        waits: Seconds until each batch was there.
        steps: Seconds of each iteration behind that.
    """

    priority = 'VERY_LOW'

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.steps: list[float] = []

    def before_train(self, runner: Any) -> None:
        """Start."""
        self.last = time.perf_counter()

    def before_train_iter(self, runner: Any, *args: Any, **kwargs: Any) -> None:
        """End the wait."""
        now = time.perf_counter()
        self.waits.append(now - self.last)
        self.last = now

    def after_train_iter(self, runner: Any, *args: Any, **kwargs: Any) -> None:
        """End the iteration."""
        now = time.perf_counter()
        self.steps.append(now - self.last)
        self.last = now


def train(run: dict[str, Any], data_root: str, folder: str, launcher: str) -> dict[str, Any]:
    """Train in this process, and return what it took.

    Args:
        run: Config, and what differs from it.
        data_root: Folder of all sets.
        folder: For logs.
        launcher: ``none`` or ``pytorch``.
    """
    cfg = load_config(find_config(run['config']), None)
    init_default_scope('drfuse')
    set_data_root(cfg, str(Path(data_root, run.get('folder', ''))))
    dataset = cfg.train_dataloader.dataset
    (dataset.shared if 'shared' in dataset else dataset).update({'crop_size': run['patch']} if 'patch' in run else {})
    cfg.train_dataloader.batch_size = run['batch']
    cfg.optim_wrapper.accumulative_counts = run.get('accumulate', 1)
    cfg.train_cfg = dict(type='FusionIterTrainLoop', max_iters=run['iterations'], val_interval=10**9)
    for key in ('param_scheduler', 'val_cfg', 'val_dataloader', 'val_evaluator', 'test_cfg', 'test_dataloader',
                'test_evaluator'):
        cfg[key] = None
    cfg.default_hooks.checkpoint, cfg.work_dir, cfg.log_level = None, folder, 'WARNING'
    cfg.custom_hooks = [h for h in cfg.custom_hooks if h.type == 'EMAHook'] + [dict(type='Stopwatch')]
    if 'recompute' in run:
        cfg.model.backbone.checkpoint_activations = run['recompute']
    cfg.compile = run.get('compile', False)
    setup_launcher(cfg, launcher)
    torch.set_num_threads(run['threads'])
    runner = FusionRunner.from_cfg(cfg)
    runner.train()
    return summary(next(h for h in runner.hooks if isinstance(h, Stopwatch)), run)


def summary(watch: Any, run: dict[str, Any]) -> dict[str, Any]:
    """Return samples a second of all processes, the share of time spent waiting for data, seconds of an update.

    The first iterations are left out: workers start, memory is taken, code is compiled.
    """
    skipped = run.get('skipped', max(run['iterations'] // 4, 1))
    waits, steps = watch.waits[skipped:], watch.steps[skipped:]
    iteration = median([wait + step for wait, step in zip(waits, steps, strict=True)])
    return dict(samples_per_s=run['batch'] * run.get('processes', 1) / iteration, iterations=len(steps),
                waiting=sum(waits) / (sum(waits) + sum(steps)), update_s=iteration * run.get('accumulate', 1))


def measure(run: dict[str, Any], data_root: str) -> dict[str, Any]:
    """Run one training in a process of its own, or several, and return what it took with the peak memory in GiB."""
    with tempfile.TemporaryDirectory() as folder:
        child = [json.dumps(run), data_root, folder]
        if run.get('processes', 1) > 1:
            command = [sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc_per_node',
                       str(run['processes']), __file__, '--child', *child]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                                  env={**os.environ, 'OMP_NUM_THREADS': str(run['threads'])})
            code, output, peak = done.returncode, done.stdout, None
        else:
            code, output, peak = _process(child)
        if code:
            raise SystemExit(output.strip()[-2000:])
        line = next(line for line in output.splitlines() if line.startswith('{"samples_per_s"'))
        return dict(json.loads(line), run=run, peak_gib=peak)


def _process(child: list[str]) -> tuple[int, str, float]:
    code = f'import runpy, sys; sys.argv[1:1] = ["--child"]; runpy.run_path({__file__!r}, run_name="__main__")'
    done = run_process(code, *child)
    return done.code, done.output, done.peak_mib / 2**10


def text(result: dict[str, Any]) -> str:
    """Return the tables as Markdown."""
    machine, lines = result['machine'], []
    lines += [f'{machine["processor"]}, {machine["cores"]} cores; PyTorch {machine["torch"]}; real pairs by the loader '
              'of each config, the first quarter of the iterations left out.', '']
    for part, title in dict(speed='Speed', memory='The paper network, patch 256, batch 2: memory against time',
                            step='One step of the paper network, patch 256, batch 8', compile='`torch.compile`',
                            processes='Two processes, one thread each').items():
        if part not in result['parts']:
            continue
        rows = [[name, f'{row["samples_per_s"]:.2f}', f'{row["update_s"]:.2f}', f'{row["waiting"]:.1%}',
                 'not measured' if row['peak_gib'] is None else f'{row["peak_gib"]:.2f}']
                for name, row in result['parts'][part].items()]
        lines += [f'### {title}', '', *table(['run', 'samples a second', 'seconds an update', 'waiting for data',
                                              'peak GiB'], rows), '', *notes(part, result['parts'][part]),
                  f'Measured {result["dates"][part]}.', '']
    return '\n'.join(lines[:-1])


def notes(part: str, rows: dict[str, Any]) -> list[str]:
    """Return what follows from the numbers of a part."""
    if part == 'processes':
        one, two = (rows[name]['samples_per_s'] for name in ('one process', 'two processes'))
        return [f'Two processes train {two / one:.2f} times as many samples a second as one.', '']
    if part == 'memory':
        single, double = (rows[name]['peak_gib'] for name in ('recomputed, 2 x batch 1', 'recomputed'))
        sample = double - single
        return [f'Recomputed, a sample more takes {sample:.2f} GiB. A GPU that holds the same float32 images needs '
                f'{single:.2f} + 7 x {sample:.2f} = {single + 7 * sample:.1f} GiB for batch 8, of which the program '
                'itself, some tenths of a GiB, is counted as on the CPU.', '']
    return []


def main() -> int:
    """Measure, and write file and page."""
    if sys.argv[1:2] == ['--child']:
        run, data_root, folder = json.loads(sys.argv[2]), *sys.argv[3:5]
        row = train(run, data_root, folder, 'pytorch' if 'RANK' in os.environ else 'none')
        if is_main():
            print(json.dumps(row), flush=True)
        close_launcher()
        return 0
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--data-root', required=True, help='folder of RoadScene, RoadSceneHR and BSD400')
    parser.add_argument('--only', default='', metavar='PART,...', help=f'of {", ".join(PARTS)}')
    parser.add_argument('--json', type=Path, default=DOCS / 'results' / 'training_speed.json')
    parser.add_argument('--page', type=Path, default=DOCS / 'performance.md')
    args = parser.parse_args()
    wanted = [name for name in args.only.split(',') if name] or list(PARTS)
    if not set(wanted) <= set(PARTS):
        parser.error(f'--only must be of {", ".join(PARTS)}, got {args.only}')
    result = json.loads(args.json.read_text()) if args.json.is_file() else dict(parts={}, dates={})
    result['machine'] = describe_machine()
    for part in wanted:
        result['parts'][part] = {}
        for name, run in PARTS[part].items():
            result['parts'][part][name] = row = measure(run, args.data_root)
            print(part, name, json.dumps(row), flush=True)
        result['dates'][part] = datetime.now(timezone.utc).strftime('%Y-%m-%d %H:%M UTC')
    args.json.write_text(json.dumps(result, indent=1) + '\n')
    update_page(args.page, text(result), MARKS)
    return 0


if __name__ == '__main__':
    sys.exit(main())
