"""What the models of a study cost and reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from drfuse.apis.model_zoo import load_model
from drfuse.apis.precision import accelerate
from drfuse.benchmark.pipelines import costs, step_of
from drfuse.benchmark.timing import alternate, median
from drfuse.degradations import Degradation
from drfuse.evaluation.rivals.jobs import Job, Method, run_jobs
from drfuse.evaluation.rivals.report import row_results, rows_of
from drfuse.evaluation.rivals.scenarios import Scenario, stems
from drfuse.evaluation.rivals.tuning import spread
from drfuse.registry import BACKBONES
from drfuse.utils.config import config_errors
from drfuse.utils.seed import keyed_generator

SIZE = (768, 1024)
"""(H, W) of what costs are given for."""
_SLOW = 5.0
"""Seconds; what takes longer is timed once."""


def network_costs(cfg: Config, size: tuple[int, int] = SIZE) -> dict[str, float]:
    """Return parameters in millions and GFLOP of one step of a config's network; nothing is computed for it."""
    with config_errors(cfg.filename):
        network = BACKBONES.build(cfg.model.backbone)
    return costs(network.to('meta'), size)


def quality(models: Sequence[tuple[str, str]], scenarios: Mapping[str, Scenario], pairs: int | None, cache: Path,
            workers: int, counter: Callable[[str, int], Callable[[], None]]) -> list[dict[str, Any]]:
    """Restore and fuse the pairs of all scenarios by all models, and measure.

    Args:
        models: Config and checkpoint of each.
        scenarios: By name.
        pairs: How many of each list, at even distances; None = all.
        cache: Folder of results of single pairs.
        workers: Processes.
        counter: Called with a title and a number of jobs; returns the function that counts them.

    Returns:
        For each model: scenario to ``sources`` (name to PSNR and SSIM) and ``fused`` (metric to value), means.
    """
    methods = [Method('model', config=config, weights=weights) for config, weights in models]
    chosen = {name: spread(stems(scenario), pairs) for name, scenario in scenarios.items()}
    jobs = [Job(scenarios[name], stem, method) for method in methods for name in scenarios for stem in chosen[name]]
    outcomes = iter(run_jobs(jobs, cache, workers, counter('restoring', len(jobs))))
    return [{name: _means({stem: next(outcomes) for stem in chosen[name]}) for name in scenarios} for _ in methods]


def _means(found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return dict(sources=row_results(found), fused=rows_of('', found, True)[0].fused)


def inference_times(models: Mapping[str, tuple[str, str]], scenario: Scenario,
                    size: tuple[int, int] = SIZE) -> dict[str, dict[str, float]]:
    """Return the milliseconds of one step of every network, and of restoring and fusing a pair as a whole.

    The networks run in their form for inference, in float32, with all threads of this process, in turn.

    Args:
        models: Name to config and checkpoint.
        scenario: Whose degradations are restored.
        size: (H, W).
    """
    pair = {name: Degradation(stages).observe(torch.rand(1, 1, *size, generator=keyed_generator('study', name)),
                                              keyed_generator('study', name))[0]
            for name, stages in scenario.dataset_config()['degradations'].items()}
    functions: dict[tuple[str, str], Callable[[], Any]] = {}
    for name, (config, weights) in models.items():
        model = load_model(config, weights, 'cpu').model
        accelerate(model, 'float32')
        functions[name, 'step_ms'] = step_of(model.backbone, size)
        functions[name, 'whole_ms'] = _whole(model, pair)
    times = alternate(functions, 1, warm_up=0)
    quick = {key: function for key, function in functions.items() if times[key][0] < _SLOW}
    times |= alternate(quick)
    return {name: {what: 1e3 * median(times[name, what]) for what in ('step_ms', 'whole_ms')} for name in models}


def _whole(model: torch.nn.Module, pair: Mapping[str, Any]) -> Callable[[], Any]:
    @torch.no_grad()
    def run() -> Any:
        return model(pair, mode='tensor')

    return run
