"""What whole folders take: evaluation from end to end, and memory over the number of pairs."""

from __future__ import annotations

from pathlib import Path

import cv2

from drfuse.benchmark.timing import Finished, run_process
from drfuse.datasets.embedded import EmbeddedPairs
from drfuse.utils.config import UserError

COMMAND = 'from drfuse.cli.app import main; main()'

def write_folders(folder: Path, number: int, size: tuple[int, int], drawn: int | None = None) -> tuple[Path, Path]:
    """Write generated clean pairs of (H, W) into two folders, named alike.

    Args:
        folder: Where the folders ``a`` and ``b`` are made.
        number: Pairs.
        size: Of each picture.
        drawn: How many are drawn; the others are copies of them, since drawing takes longer than fusing. None = all.
    """
    pairs, folders = EmbeddedPairs('ivf', num=drawn or number, size=size), (folder / 'a', folder / 'b')
    for target in folders:
        target.mkdir(parents=True)
    for i in range(number):
        images = pairs.render(pairs.stems[i % len(pairs.stems)])
        for target, image in zip(folders, images.values(), strict=True):
            cv2.imwrite(str(target / f'{i:05d}.png'), image if image.ndim == 2 else image[..., ::-1])  # noqa: PLR2004
    return folders

def evaluate_set(folder: Path, number: int, size: tuple[int, int]) -> dict[str, float]:
    """Return seconds of degrading, fusing and evaluating a set by the command line, six metrics, and their sum."""
    clean = [str(target) for target in write_folders(folder / 'clean', number, size)]
    degraded, fused = folder / 'degraded', folder / 'fused'
    preset = ('--preset', 'composite')
    steps = dict(degrade=('degrade', *clean, '-o', str(degraded), *preset),
                 fuse=('fuse', str(degraded / 'a'), str(degraded / 'b'), '-o', str(fused), '--task', 'ivf', *preset),
                 evaluate=('evaluate', '--fused', str(fused), '--sources', *clean))
    seconds = {name: _command(arguments).seconds for name, arguments in steps.items()}
    return dict(seconds, pairs=number, total=sum(seconds.values()))

def memory_of_set(folder: Path, number: int, size: tuple[int, int]) -> float:
    """Return the peak memory in MiB of fusing a folder of so many pairs in one process."""
    clean = [str(target) for target in write_folders(folder, number, size, min(number, 4))]
    return _command(('fuse', *clean, '-o', str(folder / 'fused'), '--task', 'ivf', '--preset', 'noise')).peak_mib

def _command(arguments: tuple[str, ...]) -> Finished:
    done = run_process(COMMAND, *arguments)
    if done.code:
        raise UserError(f'drfuse {arguments[0]} failed: {done.output.strip().splitlines()[-1]}')
    return done
