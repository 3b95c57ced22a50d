"""A study from its config to its tables: measure speeds, train, restore, count; what is done is kept."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import torch
from rich.progress import Progress

from drfuse.evaluation.code_version import code_hash
from drfuse.evaluation.rivals.scenarios import Scenario, stems
from drfuse.evaluation.rivals.tuning import spread
from drfuse.evaluation.study.kept import keep, kept
from drfuse.evaluation.study.measuring import SIZE, inference_times, network_costs, quality
from drfuse.evaluation.study.plan import VALIDATION, Study, key_of
from drfuse.evaluation.study.report import page
from drfuse.evaluation.study.training import CONFIG_FILE, Speed, Training, checkpoint_of, measure_speed, train_all
from drfuse.utils.checkpoint import file_sha256
from drfuse.utils.environment import machine

_ENDLESS = 10**6
"""Iterations of a training whose speed is measured: it is ended from outside."""
_SHARE, _LEAST_SECONDS = 0.1, 10.0


@dataclass(frozen=True)
class Conditions:
    """Under what a study runs.

    Attributes:
        data_root: Folder of all sets of the task.
        minutes: Wall-clock time of each training.
        workers: Trainings side by side.
        pairs: Validation pairs, None = all of the list.
        folder: For trainings and results of single pairs.
        cache: Of single pairs.
        size: (H, W) of the pair whose restoration is timed.
    """

    data_root: str
    minutes: float
    workers: int
    pairs: int | None
    folder: Path
    cache: Path
    size: tuple[int, int] = SIZE

    @property
    def probe_seconds(self) -> float:
        """For how long the speed of a training is measured."""
        return min(max(_SHARE * 60 * self.minutes, _LEAST_SECONDS), 60 * self.minutes)


@dataclass(frozen=True)
class Run:
    """A variant with a seed: one training."""

    variant: str
    seed: int
    iterations: int
    folder: Path
    key: str

    @property
    def model(self) -> tuple[str, str]:
        """Config and checkpoint."""
        return str(self.folder / CONFIG_FILE), str(checkpoint_of(self.folder, self.iterations))

    @property
    def done(self) -> dict[str, Any] | None:
        """What was noted when it ended; None before, or if it was another training."""
        note = kept(self.folder / 'done.json', self.key)
        return note if note and Path(self.model[1]).is_file() else None


class Conductor:
    """Runs a study; begun again after an interruption, it leaves out what is done.

    Args:
        study: What to compare.
        conditions: Under what.
        progress: Shows how far it is.
    """

    def __init__(self, study: Study, conditions: Conditions, progress: Progress) -> None:
        self.study, self.at, self.progress = study, conditions, progress

    def run(self) -> tuple[str, dict[str, Any]]:
        """Do everything that is not done; return the page and its data.

        Raises:
            UserError: If a config, the data or a training fails.
        """
        for scenario in self.scenarios.values():
            stems(scenario)  # what is wrong with the pairs shows before hours of training
        speeds = self.speeds()
        runs = self.plan(speeds)
        self.train([run for run in runs if run.done is None])
        data = dict(facts=self.facts(), variants=self.results(runs, speeds))
        return page(data), data

    @cached_property
    def scenarios(self) -> dict[str, Scenario]:
        """The scenarios by name."""
        return {name: self.study.scenario(name, self.at.data_root) for name in self.study.scenarios}

    def counter(self, title: str, total: int) -> Callable[[], None]:
        """Begin a progress bar; return what moves it, and writes a line a tenth where bars are not seen."""
        task = self.progress.add_task(title, total=total)
        unseen, steps = not self.progress.console.is_terminal, iter(range(1, total + 1))

        def advance() -> None:
            self.progress.advance(task)
            step = next(steps)
            if unseen and step * 10 // total > (step - 1) * 10 // total:
                self.tell(f'{title}: {step} of {total}')

        return advance

    def tell(self, text: str) -> None:
        """Print a line above the progress bars."""
        self.progress.console.print(text, highlight=False, soft_wrap=True)

    # ---- speed ------------------------------------------------------------------------------
    def speeds(self) -> dict[str, Speed]:
        """Return how fast each variant trains, measured among as many processes as train side by side."""
        names = list(self.study.variants)
        advance = self.counter('measuring speed', len(names))
        found: dict[str, Speed] = {}
        for position in range(0, len(names), self.at.workers):
            group = names[position:position + self.at.workers]
            companions = [names[i % len(names)] for i in range(self.at.workers - len(group))]
            found |= dict(zip(group, self._group_speeds([*group, *companions]), strict=False))
            for name in group:
                advance()
                self.tell(f'{name}: {found[name].later:.3f} seconds an iteration, '
                          f'{found[name].iterations(60 * self.at.minutes)} fit')
        return found

    def _group_speeds(self, names: Sequence[str]) -> list[Speed]:
        seed = self.study.seeds[0]
        configs = [self.study.run_config(name, seed, _ENDLESS) for name in names]
        file = self.at.folder / 'speed' / f'{names[0]}.json'
        key = key_of(*configs, self.study.amp, self.at.probe_seconds, machine(), self._data, code_hash())
        note = kept(file, key)
        if note is None:
            starts = [partial(Training, cfg, file.parent / f'{number}_{name}', self.at.data_root, self.study.amp)
                      for number, (name, cfg) in enumerate(zip(names, configs, strict=True))]
            note = keep(file, key, dict(names=list(names), speeds=measure_speed(starts, self.at.probe_seconds)))
        return [Speed(*speed) for speed in note['speeds']]

    @property
    def _data(self) -> str:
        return str(Path(self.at.data_root).resolve())

    # ---- training ---------------------------------------------------------------------------
    def plan(self, speeds: dict[str, Speed]) -> list[Run]:
        """Return all runs, those of a seed one after the other."""
        runs = []
        for seed in self.study.seeds:
            for name, speed in speeds.items():
                iterations = speed.iterations(60 * self.at.minutes)
                key = key_of(self.study.run_config(name, seed, iterations), self.study.amp, self._data, code_hash())
                runs.append(Run(name, seed, iterations, self.at.folder / name / f'seed_{seed}', key))
        return runs

    def train(self, runs: Sequence[Run]) -> None:
        """Train, and note of each when it is done."""
        by_folder = {run.folder: run for run in runs}
        task = self.progress.add_task('training', total=len(runs))
        starts = [partial(self._start, run) for run in runs]
        done = 0

        def show(running: Sequence[Training]) -> None:
            parts = sum(len(training.times) / training.iterations for training in running)
            self.progress.update(task, completed=done + parts)

        with closing(train_all(starts, self.at.workers, show)) as trained:
            for training in trained:
                done, run, minutes = done + 1, by_folder[training.folder], training.times[-1] / 60
                keep(run.folder / 'done.json', run.key,
                     dict(minutes=minutes, iterations=run.iterations, sha256=file_sha256(training.checkpoint)))
                rest = math.ceil((len(runs) - done) / self.at.workers) * self.at.minutes
                self.tell(f'{run.variant}, seed {run.seed}: {run.iterations} iterations in {minutes:.1f} minutes; '
                          f'{done} of {len(runs)} trained, about {rest:.0f} minutes to go before restoring')

    def _start(self, run: Run) -> Training:
        cfg = self.study.run_config(run.variant, run.seed, run.iterations)
        return Training(cfg, run.folder, self.at.data_root, self.study.amp)

    # ---- results ----------------------------------------------------------------------------
    def results(self, runs: Sequence[Run], speeds: dict[str, Speed]) -> dict[str, Any]:
        """Return variant to costs and runs."""
        reached = quality([run.model for run in runs], self.scenarios, self.at.pairs, self.at.cache, self.at.workers,
                          self.counter)
        times = self._times(runs)
        variants: dict[str, Any] = {}
        for run, scenarios in zip(runs, reached, strict=True):
            if run.variant not in variants:
                costs = network_costs(self.study.variant_config(run.variant), self.at.size)
                variants[run.variant] = dict(costs, **times[run.variant], iterations=run.iterations,
                                             seconds_per_iteration=speeds[run.variant].later, runs={})
            variants[run.variant]['runs'][str(run.seed)] = dict(run.done or {}, scenarios=scenarios)
        return variants

    def _times(self, runs: Sequence[Run]) -> dict[str, Any]:
        models = {run.variant: run.model for run in reversed(runs)}
        file = self.at.folder / 'inference.json'
        key = key_of({run.variant: run.key for run in reversed(runs)}, machine(), torch.get_num_threads(), self.at.size)
        return kept(file, key) or keep(file, key, inference_times(models, self._timed, self.at.size))

    @property
    def _timed(self) -> Scenario:
        """The last scenario."""
        return self.scenarios[self.study.scenarios[-1]]

    def facts(self) -> dict[str, Any]:
        """Return what a reader must know of this study."""
        study, at = self.study, self.at
        loader = study.variant_config(next(iter(study.variants))).train_dataloader
        names = spread(stems(self._timed), at.pairs)
        return dict(study=study.name, about=study.about, task=study.task, base=study.base, seeds=list(study.seeds),
                    scenarios=list(study.scenarios), amp=study.amp, minutes=at.minutes, workers=at.workers,
                    pairs=VALIDATION[study.task][1], images=len(names), stems=names, batch=loader.batch_size,
                    crop=loader.dataset.get('shared', loader.dataset).crop_size, size=list(at.size),
                    threads=torch.get_num_threads(), timed=self._timed.name, machine=machine(),
                    date=datetime.date.today().isoformat())
