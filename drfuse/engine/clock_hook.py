"""When the iterations of a run ended, for whoever waits for it."""

import time
from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook

from drfuse.registry import HOOKS

CLOCK_FILE = 'clock.txt'


@HOOKS.register_module()
class ClockHook(Hook):
    """Writes into ``clock.txt`` of the work directory, after each iteration, the seconds since training began."""

    priority = 'LOWEST'

    def before_train(self, runner: Any) -> None:
        """Start."""
        self.file = Path(runner.work_dir, CLOCK_FILE)
        self.start = time.perf_counter()
        if is_main_process():
            self.file.write_text('', encoding='ascii')

    def after_train_iter(self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Write a line."""
        if is_main_process():
            with open(self.file, 'a', encoding='ascii') as file:
                file.write(f'{time.perf_counter() - self.start:.3f}\n')


def read_clock(work_dir: str | Path) -> list[float]:
    """Return the seconds at which iterations ended; empty before the first, and a line half written is left out."""
    file = Path(work_dir, CLOCK_FILE)
    text = file.read_text(encoding='ascii') if file.is_file() else ''
    return [float(line) for line in text.rpartition('\n')[0].splitlines()]
