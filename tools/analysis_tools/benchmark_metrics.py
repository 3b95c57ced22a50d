"""Time and memory of every fusion metric, and of the six beside the transforms that Q_P needs.

python tools/analysis_tools/benchmark_metrics.py [--size 480 640] [--workers 2] [--repeats 9] [--all]

No result is kept between repeats: every one starts from the 8-bit images. What depends on the size alone, the filters
of Q_P, is kept; the time with them made anew is printed too. The yardstick is what the algorithm of Q_P asks for as it
is published: 72 inverse transforms (3 images, 4 scales, 6 orientations) of the full size, complex and in double
precision, on as many threads: by scipy.fft, and by torch.fft, which drfuse uses.
"""

import argparse
import statistics
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import scipy.fft
import torch
from rich.console import Console
from rich.table import Table

from drfuse.evaluation.functional import CATALOG, PAPER_METRICS, measure
from drfuse.evaluation.functional.arrays import available_workers
from drfuse.evaluation.functional.compiled import compiled_module
from drfuse.evaluation.functional.log_gabor import forget_filters
from drfuse.evaluation.functional.warm_memory import release

TRANSFORMS = 72
"""Complex transforms of Q_P: 3 images, 4 scales, 6 orientations."""


FIRST = 'six metrics, filters made anew'


def example(height: int, width: int) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return a fused image and two sources with edges, texture and noise, uint8."""
    i, j = np.mgrid[:height, :width]
    rng = np.random.default_rng(0)
    a = 90 + 60 * np.sin(i / 17) * np.cos(j / 23) + 40 * ((i // 40 + j // 56) % 2) + rng.normal(0, 4, i.shape)
    b = 120 + 50 * np.cos((i + 2 * j) / 31) + 50 * (np.hypot(i - height / 2, j - width / 2) < height / 4)
    b = b + rng.normal(0, 4, i.shape)
    fused = np.maximum(a, b)
    return fused.clip(0, 255).astype(np.uint8), tuple(x.clip(0, 255).astype(np.uint8) for x in (a, b))


def seconds(function: Callable[[], object], repeats: int) -> list[float]:
    """Return the wall time of every repeat, after one that does not count."""
    function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return times


def peak_memory(function: Callable[[], object]) -> float:
    """Return the most memory in MiB that NumPy held at once beyond what there was, nothing kept from before."""
    release()
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def transforms(height: int, width: int, workers: int, library: str = 'scipy') -> Callable[[], None]:
    """Return a function that does the 72 complex transforms of Q_P and nothing else; torch uses the threads it has."""
    spectrum = scipy.fft.fft2(np.random.default_rng(0).random((height, width)))
    tensor = torch.from_numpy(spectrum)

    def run() -> None:
        for _ in range(TRANSFORMS):
            if library == 'scipy':
                scipy.fft.ifft2(spectrum, workers=workers)
            else:
                torch.fft.ifft2(tensor)
    return run


def compare_with_transforms(size: tuple[int, int], workers: int, repeats: int) -> dict[str, list[float]]:
    """Return the times of the six metrics and of the transforms, taken in turns so that all see the same machine."""
    fused, sources = example(*size)

    def first_of_its_size() -> None:
        forget_filters()
        measure(fused, sources, workers=workers)

    functions = {'six metrics': lambda: measure(fused, sources, workers=workers), FIRST: first_of_its_size,
                 'scipy.fft': transforms(*size, workers), 'torch.fft': transforms(*size, workers, 'torch')}
    times: dict[str, list[float]] = {name: [] for name in functions}
    for repeat in range(repeats + 1):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            if repeat:
                times[name].append(time.perf_counter() - start)
    return times


def per_metric(names: list[str], size: tuple[int, int], workers: int, repeats: int) -> Table:
    """Return the table of single metrics."""
    fused, sources = example(*size)
    table = Table('metric', 'median ms', 'fastest ms', 'NumPy memory MiB')
    for name in names:
        def run(name: str = name) -> object:
            return measure(fused, sources, [name], workers=workers)
        times = seconds(run, repeats)
        median, fastest = (f'{1e3 * value:.1f}' for value in (statistics.median(times), min(times)))
        table.add_row(name, median, fastest, f'{peak_memory(run):.0f}')
    return table


def on_gpu(size: tuple[int, int], repeats: int, batch: int = 8) -> str:
    """Return a line on the six metrics of a batch on the GPU."""
    fused, sources = example(*size)
    images = [torch.from_numpy(x).cuda().expand(batch, -1, -1) for x in (fused, *sources)]

    def run() -> None:
        measure(images[0], images[1:])
        torch.cuda.synchronize()

    per_pair = 1e3 * statistics.median(seconds(run, repeats)) / batch
    return f'six metrics, {batch} pairs on {torch.cuda.get_device_name()}: {per_pair:.1f} ms per pair'


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--size', type=int, nargs=2, default=(480, 640), metavar=('HEIGHT', 'WIDTH'))
    parser.add_argument('--workers', type=int, default=min(2, available_workers()))
    parser.add_argument('--repeats', type=int, default=9)
    parser.add_argument('--all', action='store_true', help='every metric, not only the six')
    args = parser.parse_args()
    size = (args.size[0], args.size[1])
    console = Console()
    names = list(CATALOG) if args.all else list(PAPER_METRICS)
    torch.set_num_threads(args.workers)
    loops = 'compiled loops' if compiled_module('zhao_compiled') else 'loops in NumPy (Numba is not installed)'
    console.print(f'{size[1]} x {size[0]} pixels, {args.workers} threads, {args.repeats} repeats, {loops}')
    console.print(per_metric(names, size, args.workers, args.repeats))
    times = compare_with_transforms(size, args.workers, args.repeats)
    six = times.pop('six metrics')
    console.print(f'six metrics: median {1e3 * statistics.median(six):.0f} ms, fastest {1e3 * min(six):.0f} ms')
    console.print(f'{FIRST}: median {1e3 * statistics.median(times.pop(FIRST)):.0f} ms')
    for library, reference in times.items():
        ratio = statistics.median(x / y for x, y in zip(six, reference, strict=True))
        console.print(f'{TRANSFORMS} transforms by {library}: {1e3 * statistics.median(reference):.0f} ms; '
                      f'six metrics take {ratio:.2f} times as long (median of paired ratios)')
    if torch.cuda.is_available():
        console.print(on_gpu(size, args.repeats))


if __name__ == '__main__':
    main()
