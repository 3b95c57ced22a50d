"""Metrics of whole result folders on all cores."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from drfuse.evaluation.convention import enlarge, luminance, read_luminance, source_to_uint8
from drfuse.evaluation.folders import Triple
from drfuse.evaluation.functional import PAPER_METRICS, Score, measure
from drfuse.evaluation.functional.arrays import available_workers
from drfuse.evaluation.metrics.per_image_metric import mean_of_defined
from drfuse.utils.parallel import map_unordered

TRIVIAL = ('copy of a', 'copy of b', 'average', 'maximum')
"""Rules that fuse without fusing; a metric that likes them says little."""

_FEW = 3


@dataclass(frozen=True)
class Settings:
    """What to compute.

    Attributes:
        metrics: Names in :data:`drfuse.evaluation.functional.CATALOG`.
        variant: ``yuliu`` or ``zliu``.
        against: ``clean`` or ``observed``; observed sources may be smaller and are enlarged bicubically.
    """

    metrics: tuple[str, ...] = PAPER_METRICS
    variant: str = 'yuliu'
    against: str = 'clean'


class Task(NamedTuple):
    """One image to measure; ``rule`` names a trivial fusion that takes the place of the file."""

    method: str
    scenario: str
    triple: Triple
    rule: str = ''


@dataclass
class MethodResult:
    """Values of one method in one scenario.

    Attributes:
        method: Name of the method.
        scenario: Name of the scenario, may be empty.
        trivial: Whether it is one of :data:`TRIVIAL`.
        scores: Stem to metric to score.
    """

    method: str
    scenario: str
    trivial: bool = False
    scores: dict[str, dict[str, Score]] = field(default_factory=dict)

    def values(self, metric: str) -> list[float]:
        """Return the value of every image, in the order of the stems; NaN = undefined."""
        return [self.scores[stem][metric].value for stem in sorted(self.scores)]

    def mean(self, metric: str) -> float:
        """Return the mean over the images where the metric is defined; NaN if there is none."""
        return mean_of_defined(self.values(metric))[0]

    def undefined(self, metric: str) -> int:
        """Return the number of images that the mean leaves out."""
        return mean_of_defined(self.values(metric))[1]

    def weaker_half(self, metric: str, higher_is_better: bool) -> float:
        """Return the mean of the weaker term; NaN for a metric that is no sum over the sources."""
        scores = [self.scores[stem][metric] for stem in sorted(self.scores)]
        return mean_of_defined([s.weaker_half(higher_is_better) if s.halves else math.nan for s in scores])[0]

    def half_means(self, metric: str, higher_is_better: bool) -> dict[str, float]:
        """Return the means of the terms per source as ``a``, ``b``, ... and of the weaker one as ``min`` or ``max``.

        Empty for a metric that is no sum over the sources.
        """
        halves = [self.scores[stem][metric].halves for stem in sorted(self.scores)]
        names = [letter for letter, _ in zip('abcdefgh', max(halves, key=len, default=()), strict=False)]
        means = {name: mean_of_defined([half[i] if half else math.nan for half in halves])[0]
                 for i, name in enumerate(names)}
        weaker = {'min' if higher_is_better else 'max': self.weaker_half(metric, higher_is_better)} if names else {}
        return means | weaker


def trivial_image(rule: str, sources: Sequence[np.ndarray]) -> np.ndarray:
    """Return the copy of a source, the average (rounded half up) or the maximum of two uint8 sources.

    Raises:
        ValueError: For another rule.
    """
    if rule not in TRIVIAL:
        raise ValueError(f'rule must be one of {TRIVIAL}, got {rule!r}')
    a, b = sources
    if rule == 'average':
        return ((a.astype(np.uint16) + b + 1) // 2).astype(np.uint8)
    return {'copy of a': a, 'copy of b': b, 'maximum': np.maximum(a, b)}[rule]


def measure_task(task: Task, settings: Settings, workers: int = 1) -> dict[str, Score]:
    """Read the images of one task and compute its metrics.

    Raises:
        ValueError: If an image cannot be read or sizes differ; the message names the file.
    """
    fused = read_luminance(task.triple.fused)
    sources = tuple(_fitting(path, task.triple.fused, fused.shape, settings.against) for path in task.triple.sources)
    if task.rule:
        fused = trivial_image(task.rule, sources)
    return measure(fused, sources, settings.metrics, settings.variant, workers, too_small='undefined')


def _fitting(path: Path, fused: Path, shape: tuple[int, ...], against: str) -> np.ndarray:
    """Read a source, enlarged to the size of the fused image where that is allowed."""
    source = read_luminance(path)
    if source.shape == shape:
        return source
    smaller = source.shape[0] <= shape[0] and source.shape[1] <= shape[1]
    if against == 'observed' and smaller:
        unit = torch.from_numpy(source)[None].float() / 255
        return luminance(source_to_uint8(enlarge(unit, (shape[0], shape[1]))[0]))
    hint = '; a smaller source is enlarged only against=observed' if smaller else ''
    raise ValueError(f'{path} is {source.shape[0]} x {source.shape[1]} but {fused} is {shape[0]} x {shape[1]}{hint}')


def run_tasks(tasks: Sequence[Task], settings: Settings, workers: int | None = None,
              advance: Callable[[], None] = lambda: None) -> list[MethodResult]:
    """Measure all images; a few of them with threads, many of them with one process per core.

    Args:
        tasks: Images to measure.
        settings: What to compute.
        workers: Cores to use; ``None`` = all of this process. The values do not depend on it.
        advance: Called after every image, for a progress bar.

    Returns:
        One result per method and scenario, in the order of their first task.

    Raises:
        ValueError: If an image cannot be read or sizes differ; the message names the file.
    """
    workers = workers or available_workers()
    scores: dict[int, dict[str, Score]] = {}
    for index, value in _measured(tasks, settings, workers):
        scores[index] = value
        advance()
    results: dict[tuple[str, str], MethodResult] = {}
    for index, task in enumerate(tasks):
        result = results.setdefault((task.method, task.scenario),
                                    MethodResult(task.method, task.scenario, bool(task.rule)))
        result.scores[task.triple.stem] = scores[index]
    return list(results.values())


def _measured(tasks: Sequence[Task], settings: Settings,
              workers: int) -> Iterator[tuple[int, dict[str, Score]]]:
    if workers == 1 or len(tasks) <= _FEW:
        for index, task in enumerate(tasks):
            yield index, measure_task(task, settings, workers)
        return
    yield from map_unordered(partial(measure_task, settings=settings), tasks, workers, preload=[__name__])
