"""The demo: train a small model on generated pairs, test it, and compare it with doing without a network."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
from mmengine.config import Config
from rich.console import Console
from rich.table import Table

from drfuse.engine import test_app, train_app
from drfuse.engine.app import run_app
from drfuse.evaluation.naive import measure_config
from drfuse.utils.checkpoint import find_last_checkpoint, write_atomic
from drfuse.utils.config import UserError, load_config
from drfuse.visualization.image_writer import write_png

SHOWN = 2
"""Pairs in the comparison picture."""


def main(config: str, work_dir: str) -> int:
    """Run the demo.

    Args:
        config: Config file.
        work_dir: Folder; what an earlier demo left there is replaced.

    Returns:
        Exit code.
    """
    return run_app(lambda: demo(config, Path(work_dir)))


def demo(config: str, work_dir: Path) -> None:
    """Train, test, and write ``comparison.png``, ``metrics.json``, ``fused/`` and the rest into ``work_dir``.

    Raises:
        UserError: If training or testing fails.
    """
    shutil.rmtree(work_dir, ignore_errors=True)
    _must_succeed('training', train_app.main([config, '--work-dir', str(work_dir)]))
    checkpoint = find_last_checkpoint(work_dir)
    metrics = work_dir / 'metrics.json'
    _must_succeed('testing', test_app.main([config, str(checkpoint), '--work-dir', str(work_dir), '--out', str(metrics),
                                            '--show-dir', str(work_dir)]))
    report = json.loads(metrics.read_text())
    report['restoration'] = compare(load_config(config), report['means'])
    write_atomic(json.dumps(report, indent=2), metrics)
    panels = sorted((work_dir / 'panels').glob('*.png'))[:SHOWN]
    write_png(work_dir / 'comparison.png', stack([cv2.imread(str(p))[..., ::-1] for p in panels]))
    _print(report, work_dir)


def compare(cfg: Config, means: dict[str, float]) -> dict[str, dict]:
    """Return, per modality, PSNR in dB of the model and the naive baselines, and the gain over the better one."""
    result = {}
    for name, row in measure_config(cfg).items():
        ours = means[f'PSNR/{name}']
        result[name] = dict(row, model=ours, gain=ours - row['best'])
    return result


def stack(images: list[np.ndarray]) -> np.ndarray:
    """Stack images (H, W, 3) of unequal widths on each other."""
    width = max(image.shape[1] for image in images)
    return np.concatenate([np.pad(i, [(0, 0), (0, width - i.shape[1]), (0, 0)], constant_values=255) for i in images])


def _must_succeed(what: str, code: int) -> None:
    if code:
        raise UserError(f'{what} ended with exit code {code}')


def _print(report: dict, work_dir: Path) -> None:
    table = Table('source', 'bicubic y', 'A^+ y', 'drfuse', 'gain over the better', title='restored PSNR in dB')
    for name, row in report['restoration'].items():
        table.add_row(name, f'{row["psnr"]["bicubic y"]:.2f}', f'{row["psnr"]["A^+ y"]:.2f}', f'{row["model"]:.2f}',
                      f'{row["gain"]:+.2f}')
    console = Console()
    console.print(f'data: {report["data"]}')
    console.print(table)
    console.print(f'look at {work_dir / "comparison.png"}; numbers are in {work_dir / "metrics.json"}')
