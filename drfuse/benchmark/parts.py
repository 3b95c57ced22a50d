"""Which part of the reverse process takes how long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from drfuse.apis import FusionInferencer
from drfuse.benchmark.timing import median


@contextmanager
def timed(owner: Any, name: str, total: dict[str, float], part: str) -> Iterator[None]:
    """Add up the wall time of a method of one object under the name of a part, while the context lasts."""
    method: Callable = getattr(owner, name)

    def run(*arguments: Any) -> Any:
        start = time.perf_counter()
        result = method(*arguments)
        total[part] = total.get(part, 0.0) + time.perf_counter() - start
        return result

    object.__setattr__(owner, name, run)
    try:
        yield
    finally:
        object.__delattr__(owner, name)


def timed_parts(inferencer: FusionInferencer, files: tuple[Path, Path], repeats: int) -> dict[str, float]:
    """Return the share of network, condition, correction and the rest in the time of the steps.

    Args:
        inferencer: With a model that has backbone and sampler.
        files: Infrared and visible picture of the scenario ``composite``.
        repeats: Runs; the median of each share counts. One run before does not count.
    """
    backbone, sampler = inferencer.model.backbone, inferencer.model.sampler
    shares: list[dict[str, float]] = []
    for _ in range(repeats + 1):
        total: dict[str, float] = {}
        with timed(backbone, 'forward', total, 'network'), timed(sampler, '_condition', total, 'condition'), \
                timed(sampler, '_correct', total, 'correction'), timed(sampler, 'forward', total, 'all'), \
                timed(sampler, '_pinv_noise', total, 'start'):
            inferencer(*files, 'composite')
        steps = total.pop('all') - total.pop('start', 0.0)
        total['rest'] = steps - sum(total.values())
        shares.append({part: seconds / steps for part, seconds in total.items()})
    return {part: median([share[part] for share in shares[1:]]) for part in shares[0]}
