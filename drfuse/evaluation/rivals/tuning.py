"""Choosing restorers on validation pairs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drfuse.evaluation.rivals.jobs import Job, Method, needs_denoiser, run_jobs
from drfuse.evaluation.rivals.scenarios import Scenario, stems
from drfuse.utils.config import UserError


@dataclass(frozen=True)
class Family:
    """A kind of restorer and how its settings are searched: one key after another, each over its values.

    Attributes:
        name: Name in tables.
        restorer: Config with the first value of every key.
        search: (dotted key, values) in the order in which they are searched.
        scenarios: Where it is tried.
    """

    name: str
    restorer: Mapping[str, Any]
    search: tuple[tuple[str, tuple[Any, ...]], ...]
    scenarios: tuple[str, ...]

    def variants(self, config: Mapping[str, Any], step: int) -> list[dict[str, Any]]:
        """Return the candidates of a step: the config with every value of its key; the config itself after the end."""
        if step >= len(self.search):
            return [dict(config)]
        key, values = self.search[step]
        return [with_value(config, key, value) for value in values]


def read_families(config: Mapping[str, Any]) -> list[Family]:
    """Return the families of a config: name to ``restorer``, ``search`` and ``scenarios``."""
    return [Family(name, entry['restorer'], tuple((key, tuple(values)) for key, values in entry['search'].items()),
                   tuple(entry['scenarios'])) for name, entry in config.items()]


def with_value(config: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Return a copy of a nested config with the value at a dotted key."""
    result = copy.deepcopy(dict(config))
    *path, last = key.split('.')
    node = result
    for part in path:
        node = node[part]
    node[last] = value
    return result


@dataclass
class Candidate:
    """A family in a scenario, for one source, as tuned so far."""

    scenario: Scenario
    source: str
    family: Family
    config: dict[str, Any]
    psnr: float = float('nan')


class Chooser:
    """Tunes every family on some validation pairs and ranks the families on all of them, by mean PSNR.

    Args:
        families: What to try; those that need a denoiser are left out without one.
        cache: Folder of results.
        denoiser: Config and checkpoint of the trained denoiser.
        tuning_pairs: Number of pairs, spread over the list, on which settings are searched.
        workers: Processes.
        progress: Called with a title and a number of jobs; returns the function that counts them.
    """

    def __init__(self, families: Sequence[Family], cache: Path, denoiser: tuple[str, str] | None = None,
                 tuning_pairs: int = 5, workers: int = 1,
                 progress: Callable[[str, int], Callable[[], None]] = lambda title, total: lambda: None) -> None:
        self.families = [f for f in families if denoiser or not needs_denoiser(f.restorer)]
        self.cache, self.denoiser, self.workers, self.progress = cache, denoiser, workers, progress
        self.tuning_pairs = tuning_pairs

    def choose(self, scenarios: Sequence[Scenario], sources: Sequence[str]) -> dict[str, Any]:
        """Return scenario to source to ``best`` (name of a family) and ``families`` (name to restorer and PSNR).

        Raises:
            UserError: If there is no family for a scenario.
        """
        candidates = [Candidate(scenario, source, family, dict(family.restorer)) for scenario in scenarios
                      for source in sources for family in self.families if scenario.name in family.scenarios]
        for step in range(max((len(c.family.search) for c in candidates), default=0)):
            self._search(candidates, step)
        self._measure(candidates)
        choices: dict[str, Any] = {}
        for scenario in scenarios:
            for source in sources:
                found = {c.family.name: dict(restorer=c.config, psnr=c.psnr) for c in candidates
                         if c.scenario == scenario and c.source == source}
                if not found:
                    raise UserError(f'no restorer is to be tried in the scenario {scenario.name}')
                choices.setdefault(scenario.name, {})[source] = ranked(found)
        return choices

    def _search(self, candidates: Sequence[Candidate], step: int) -> None:
        """Set every candidate to the best value of its step's key."""
        tried = [(c, variant) for c in candidates if step < len(c.family.search)
                 for variant in c.family.variants(c.config, step)]
        scores = self._scores(f'search, step {step + 1}', tried, self.tuning_pairs)
        best: dict[int, float] = {}
        for (candidate, variant), score in zip(tried, scores, strict=True):
            if score > best.get(id(candidate), -1.0):
                best[id(candidate)], candidate.config = score, variant

    def _measure(self, candidates: Sequence[Candidate]) -> None:
        tried = [(c, c.config) for c in candidates]
        for candidate, score in zip(candidates, self._scores('all pairs', tried, None), strict=True):
            candidate.psnr = score

    def _scores(self, title: str, tried: Sequence[tuple[Candidate, dict[str, Any]]],
                pairs: int | None) -> list[float]:
        """Return the mean PSNR of every candidate's variant."""
        jobs, groups = [], []
        for candidate, variant in tried:
            method = Method.with_restorers('restore', {candidate.source: variant}, denoiser=self.denoiser)
            chosen = spread(stems(candidate.scenario), pairs)
            groups.append((candidate.source, range(len(jobs), len(jobs) + len(chosen))))
            jobs += [Job(candidate.scenario, stem, method) for stem in chosen]
        results = run_jobs(jobs, self.cache, self.workers, self.progress(title, len(jobs)))
        values = [[results[i]['sources'][source]['PSNR'] for i in positions] for source, positions in groups]
        return [sum(v) / len(v) for v in values]


def ranked(families: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``best``, the name of the family with the highest PSNR, and ``families``."""
    return dict(best=max(families, key=lambda name: families[name]['psnr']), families=dict(families))


def joined(earlier: Mapping[str, Any], choices: Mapping[str, Any]) -> dict[str, Any]:
    """Return earlier choices with those of some families, scenarios or sources replaced or added, ranked anew."""
    result: dict[str, Any] = {scenario: dict(by_source) for scenario, by_source in earlier.items()}
    for scenario, by_source in choices.items():
        for source, found in by_source.items():
            known = result.setdefault(scenario, {}).get(source, dict(families={}))
            result[scenario][source] = ranked({**known['families'], **found['families']})
    return result


def spread(items: Sequence[str], count: int | None) -> list[str]:
    """Return ``count`` items at even distances, all of them for None or too few."""
    if count is None or count >= len(items):
        return list(items)
    return [items[(2 * i + 1) * len(items) // (2 * count)] for i in range(count)]
