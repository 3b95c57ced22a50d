"""Wall times that can be compared, memory of a process, and how time grows."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np


def alternate(functions: Mapping[str, Callable[[], Any]], repeats: int = 5, warm_up: int = 1) -> dict[str, list[float]]:
    """Run functions in turn and return the wall times of each in seconds.

    In turn, so that what else the machine does falls on all of them alike, and every other round backwards, so that
    none always runs behind the same one: a large program leaves cold caches and a scattered heap.

    Args:
        functions: Name to what is measured.
        repeats: Runs of each that count.
        warm_up: Runs of each before, that do not.

    Raises:
        ValueError: If ``repeats`` is below 1.
    """
    if repeats < 1:
        raise ValueError(f'repeats must be >= 1, got {repeats}')
    times: dict[str, list[float]] = {name: [] for name in functions}
    for round_ in range(warm_up + repeats):
        order = list(functions.items())
        for name, function in order[::-1] if (round_ - warm_up) % 2 == 0 else order:
            start = time.perf_counter()
            function()
            if round_ >= warm_up:
                times[name].append(time.perf_counter() - start)
    return times


def median(times: Sequence[float]) -> float:
    """Return the median."""
    return float(np.median(times))


class Fit(NamedTuple):
    """A straight line through measurements.

    Attributes:
        slope: Per unit of x.
        offset: At x = 0.
        r2: Share of the variance that it explains, 1 = all.
    """

    slope: float
    offset: float
    r2: float


def linear_fit(x: Sequence[float], y: Sequence[float]) -> Fit:
    """Return the line of least *relative* squares, so that small and large measurements count alike.

    Raises:
        ValueError: With fewer than two points.
    """
    if len(x) < 2 or len(x) != len(y):  # noqa: PLR2004
        raise ValueError(f'a line needs two points or more, got {len(x)} and {len(y)} values')
    a, b = np.asarray(x, float), np.asarray(y, float)
    slope, offset = np.polyfit(a, b, 1, w=1 / b)
    rest = (((b - slope * a - offset) / b) ** 2).sum()
    spread = (((b - np.average(b, weights=1 / b**2)) / b) ** 2).sum()
    return Fit(float(slope), float(offset), float(1 - rest / spread) if spread else 1.0)


_PEAK = 'peak KiB:'
# of the process itself: what getrusage says of a child includes what its parent held when it was started
_TELL_PEAK = f"""import atexit, re, resource, sys
def _tell():
    try:
        peak = re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read()).group(1)
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == 'darwin' else 1)
    print('{_PEAK}', peak, sep='', file=sys.stderr)
atexit.register(_tell)
"""


class Finished(NamedTuple):
    """A process that has ended.

    Attributes:
        seconds: Wall time.
        peak_mib: Largest resident memory in MiB, with everything that it had loaded.
        code: Exit code.
        output: Standard output and error, together.
    """

    seconds: float
    peak_mib: float
    code: int
    output: str


def run_process(code: str, *arguments: str) -> Finished:
    """Run Python code in a process of its own, with this environment.

    Args:
        code: What ``python -c`` runs.
        arguments: Of the code.
    """
    start = time.perf_counter()
    done = subprocess.run([sys.executable, '-c', _TELL_PEAK + code, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    seconds = time.perf_counter() - start
    output, _, peak = done.stdout.rpartition(_PEAK)
    return Finished(seconds, int(peak or 0) / 2**10, done.returncode, output or done.stdout)
