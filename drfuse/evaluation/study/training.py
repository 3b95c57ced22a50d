"""Trainings in processes of their own, side by side: how fast each is, and to the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import NamedTuple

from mmengine.config import Config

from drfuse.engine.clock_hook import read_clock
from drfuse.utils.config import UserError
from drfuse.utils.paths import PACKAGE_DIR, share_root

CONFIG_FILE, OUTPUT_FILE = 'config.py', 'output.txt'
_POLL = 0.2
_COUNTED = 2
"""Iterations behind the first that a measured speed needs."""
_THREADS = ('OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS')


class Training:
    """A training that runs in a process of its own, with one thread.

    Args:
        cfg: What is trained.
        folder: Work directory; what is in it is removed.
        data_root: Folder of all sets.
        amp: Whether in mixed precision.
    """

    def __init__(self, cfg: Config, folder: Path, data_root: str, amp: bool) -> None:
        self.folder, self.iterations = folder, cfg.train_cfg.max_iters
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        cfg.dump(str(folder / CONFIG_FILE))
        command = [sys.executable, str(share_root() / 'tools' / 'train.py'), str(folder / CONFIG_FILE),
                   '--data-root', data_root, '--work-dir', str(folder), *['--amp'] * amp]
        path = os.pathsep.join(filter(None, (str(PACKAGE_DIR.parent), os.environ.get('PYTHONPATH'))))
        with open(folder / OUTPUT_FILE, 'w', encoding='utf-8') as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT,
                                            env={**os.environ, 'PYTHONPATH': path, **dict.fromkeys(_THREADS, '1')})

    @property
    def times(self) -> list[float]:
        """Seconds since training began at which iterations ended."""
        return read_clock(self.folder)

    @property
    def checkpoint(self) -> Path:
        """The last checkpoint, with averaged weights where the config averages."""
        return checkpoint_of(self.folder, self.iterations)

    def finished(self) -> bool:
        """Return whether it has ended.

        Raises:
            UserError: If it failed; with the last line that it wrote.
        """
        code = self.process.poll()
        if code:
            file = self.folder / OUTPUT_FILE
            lines = file.read_text(encoding='utf-8', errors='replace').strip().splitlines()
            raise UserError(f'training ended with code {code}: {lines[-1] if lines else "no output"}; see {file}')
        return code is not None

    def stop(self) -> None:
        """End it, wherever it is."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def checkpoint_of(folder: Path, iterations: int) -> Path:
    """Return where a training of so many iterations leaves its last checkpoint."""
    return folder / f'iter_{iterations}.pth'


def train_all(starts: Sequence[Callable[[], Training]], workers: int,
              tick: Callable[[Sequence[Training]], None] = lambda running: None) -> Generator[Training, None, None]:
    """Start trainings in their order, some side by side, and yield each as it ends.

    Args:
        starts: Each begins one.
        workers: How many run at a time.
        tick: Called again and again with those that run.

    Raises:
        UserError: If one fails; all others are ended.
    """
    waiting, running = list(starts), []
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                running.append(waiting.pop(0)())
            time.sleep(_POLL)
            for training in [t for t in running if t.finished()]:
                running.remove(training)
                yield training
            tick(running)
    finally:
        for training in running:
            training.stop()


class Speed(NamedTuple):
    """Of a training.

    Attributes:
        first: Seconds of the first iteration.
        later: Seconds of each behind it.
    """

    first: float
    later: float

    def iterations(self, seconds: float) -> int:
        """Return how many fit into a time, at least one."""
        return 1 + max(0, round((seconds - self.first) / self.later))


def measure_speed(starts: Sequence[Callable[[], Training]], seconds: float) -> list[Speed]:
    """Return how fast each of some trainings is that run side by side; then end them.

    All run on until each has been measured, so that none has the machine for itself.

    Args:
        starts: Each begins one that is longer than the measurement.
        seconds: For which each is measured at least; a slow one for as long as two iterations take.

    Raises:
        UserError: If one fails.
    """
    running: list[Training] = []
    try:
        for start in starts:
            running.append(start())
        while not all(_is_enough(training.times, seconds) for training in running):
            time.sleep(_POLL)
            for training in running:
                training.finished()
        return [Speed(times[0], (times[-1] - times[0]) / (len(times) - 1))
                for times in (training.times for training in running)]
    finally:
        for training in running:
            training.stop()


def _is_enough(times: Sequence[float], seconds: float) -> bool:
    return len(times) > _COUNTED and times[-1] - times[0] >= seconds
