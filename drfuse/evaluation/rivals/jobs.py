"""One method on one pair of one scenario: run it, measure it, remember it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from drfuse.apis.model_zoo import load_model
from drfuse.baselines.fusers import build_fuser
from drfuse.degradations import Observation
from drfuse.evaluation.code_version import code_hash
from drfuse.evaluation.convention import source_to_uint8, to_uint8
from drfuse.evaluation.functional import PAPER_METRICS, measure, psnr, ssim
from drfuse.evaluation.functional.fidelity import PSNR_CAP
from drfuse.evaluation.metrics.fusion_metrics import flatten_scores
from drfuse.evaluation.rivals.scenarios import Scenario, paths, scenario_dataset, stems
from drfuse.registry import MODELS, RESTORERS
from drfuse.utils.checkpoint import file_sha256, load_checkpoint, write_atomic
from drfuse.utils.config import UserError, config_errors, load_config
from drfuse.utils.parallel import map_unordered
from drfuse.utils.paths import find_config

METRICS = (*PAPER_METRICS, 'SSIM')


@dataclass(frozen=True)
class Method:
    """What is run on a pair.

    Attributes:
        kind: ``restore`` (one source, PSNR only), ``rivals`` (a restorer per source, then fusion rules), ``model``.
        restorers: Source to config of a restorer; of one source for ``restore``.
        fusers: Fusion rules, applied to the restored sources.
        config: Config of the model, or of the denoiser that restorers use.
        weights: Checkpoint of it.
    """

    kind: str
    restorers: str = '{}'
    fusers: tuple[str, ...] = ()
    config: str = ''
    weights: str = ''

    @staticmethod
    def with_restorers(kind: str, restorers: Mapping[str, dict], fusers: Sequence[str] = (),
                       denoiser: tuple[str, str] | None = None) -> Method:
        """Return a method of the kinds ``restore`` and ``rivals``; ``denoiser`` is its config and checkpoint."""
        text = json.dumps(restorers, sort_keys=True)
        used = denoiser if denoiser and needs_denoiser(restorers) else ('', '')
        return Method(kind, text, tuple(fusers), *used)

    @lru_cache(maxsize=512)  # noqa: B019 - a method is a small value, and there are few
    def identity(self) -> list[str]:
        """Return what its results depend on, besides the pair: settings, weights, code."""
        config = load_config(find_config(self.config)).pretty_text if self.config else ''
        weights = file_sha256(self.weights) if self.weights else ''
        return [self.kind, self.restorers, *self.fusers, config, weights, code_hash()]


@dataclass(frozen=True)
class Job:
    """A method on a pair."""

    scenario: Scenario
    stem: str
    method: Method

    def key(self) -> str:
        """Return the name under which the result is kept."""
        scenario = self.scenario
        facts = dict(_facts(scenario), images=_image_hashes(scenario.data_root, scenario.split, self.stem, scenario),
                     stem=self.stem, method=self.method.identity())
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=64)
def _facts(scenario: Scenario) -> dict[str, Any]:
    config = scenario.dataset_config()
    return {name: repr(config.get(name)) for name in ('degradations', 'channels', 'seed', 'pipeline')}


@lru_cache(maxsize=4096)
def _image_hashes(data_root: str, split: str, stem: str, scenario: Scenario) -> list[str]:
    return [file_sha256(path) for path in paths(scenario, stem).values()]


def needs_denoiser(node: Any) -> bool:
    """Return whether a restorer's config, or a part of it, uses the trained denoiser."""
    if not isinstance(node, Mapping):
        return False
    kind = RESTORERS.get(node['type']) if isinstance(node.get('type'), str) else None
    return getattr(kind, 'uses_denoiser', False) is True or any(needs_denoiser(child) for child in node.values())


@lru_cache(maxsize=4)
def load_denoiser(config: str, weights: str) -> nn.Module:
    """Return the trained denoiser of a CascadeFusion config.

    Raises:
        UserError: If the config has none, or the checkpoint does not fit.
    """
    cfg = load_config(find_config(config))
    with config_errors(config):
        model = MODELS.build(cfg.model)
    if getattr(model, 'denoiser', None) is None:
        raise UserError(f'{config} has no denoiser')
    load_checkpoint(model, weights)
    return model.denoiser.eval()


@lru_cache(maxsize=4)
def _model(config: str, weights: str) -> nn.Module:
    return load_model(config, weights, 'cpu').model


@torch.no_grad()
def run_job(job: Job) -> dict[str, Any]:
    """Run a method on a pair and measure what it gives.

    Returns:
        ``seconds``, ``sources`` (name to PSNR and SSIM) and ``fused`` (fusion rule, '' for the model's own, to metric
        to value; a sum over the sources has its smaller half under ``<name>_min``).
    """
    torch.set_num_threads(1)
    sample = scenario_dataset(job.scenario)[stems(job.scenario).index(job.stem)]
    inputs, method = sample['inputs'], job.method
    clean = dict(zip(inputs, (source_to_uint8(x) for x in sample['data_samples'].gt_sources), strict=True))
    start = time.perf_counter()
    if method.kind == 'model':
        output = _model(method.config, method.weights)(inputs, mode='tensor')
        restored, fused = dict(zip(inputs, output.sources, strict=True)), {'': output.fused}
    else:
        restored, fused = restore(method, inputs), {}
    seconds = time.perf_counter() - start
    restored = {name: image.clamp(0, 1) for name, image in restored.items()}
    for rule in method.fusers:
        fused[rule] = build_fuser(rule)(*restored.values())
    return dict(seconds=seconds, sources=_source_scores(restored, clean, with_ssim=method.kind != 'restore'),
                fused={name: _fused_scores(image, tuple(clean.values())) for name, image in fused.items()})


def restore(method: Method, inputs: Mapping[str, Observation]) -> dict[str, torch.Tensor]:
    """Return what the restorers of a method, not a model, make of observations."""
    restored = {}
    for name, config in json.loads(method.restorers).items():
        restorer = RESTORERS.build(config)
        if restorer.uses_denoiser:
            restorer.attach(load_denoiser(method.config, method.weights))
        restored[name] = restorer(inputs[name])
    return restored


def _source_scores(restored: Mapping[str, torch.Tensor], clean: Mapping[str, np.ndarray],
                   with_ssim: bool) -> dict[str, dict[str, float]]:
    scores = {}
    for name, image in restored.items():
        pair = to_uint8(image[0, 0]), clean[name]
        scores[name] = dict(PSNR=min(float(psnr(*pair)), PSNR_CAP))
        if with_ssim:
            scores[name]['SSIM'] = float(ssim(*pair))
    return scores


def _fused_scores(image: torch.Tensor, clean: tuple[np.ndarray, ...]) -> dict[str, float]:
    scores = flatten_scores(measure(to_uint8(image[0, 0]), clean, METRICS, workers=1, too_small='undefined'))
    return {name: float(value) for name, value in scores.items() if name in METRICS or name.endswith('_min')}


def run_jobs(jobs: Sequence[Job], cache: Path, workers: int,
             advance: Callable[[], None] = lambda: None) -> list[dict[str, Any]]:
    """Run jobs that are not in the cache yet, and return the results of all.

    Args:
        jobs: What to run.
        cache: Folder of results, one small file per job.
        workers: Processes.
        advance: Called after every job, for a progress bar.

    Returns:
        Results in the order of the jobs.
    """
    files = [cache / key[:2] / f'{key}.json' for key in (job.key() for job in jobs)]
    missing = [i for i, file in enumerate(files) if not file.is_file()]
    for _ in range(len(jobs) - len(missing)):
        advance()
    for position, result in map_unordered(run_job, [jobs[i] for i in missing], workers, preload=[__name__]):
        index = missing[position]
        files[index].parent.mkdir(parents=True, exist_ok=True)
        write_atomic(json.dumps(dict(result, job=asdict(jobs[index]))), files[index])
        advance()
    return [json.loads(file.read_text()) for file in files]


def run_methods(scenario: Scenario, methods: Mapping[str, Method], cache: Path, workers: int,
                counter: Callable[[str, int], Callable[[], None]]) -> dict[str, dict[str, dict[str, Any]]]:
    """Run methods on all pairs of a scenario.

    Args:
        scenario: The pairs.
        methods: Name to method.
        cache: As of :func:`run_jobs`.
        workers: Processes.
        counter: Called with the scenario's name and the number of jobs; returns the function that counts them.

    Returns:
        Name of the method to stem to what :func:`run_job` returned.
    """
    names = stems(scenario)
    jobs = [Job(scenario, stem, method) for method in methods.values() for stem in names]
    found = iter(run_jobs(jobs, cache, workers, counter(scenario.name, len(jobs))))
    return {method: {stem: next(found) for stem in names} for method in methods}
