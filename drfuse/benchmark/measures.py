"""What ``drfuse bench`` measures, part by part; each part is a mapping that JSON can hold."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import torch

from drfuse.apis import FusionInferencer
from drfuse.benchmark.pipelines import costs, file_to_file, paper_inferencer, step_of, write_pair
from drfuse.benchmark.sets import COMMAND, evaluate_set, memory_of_set
from drfuse.benchmark.timing import alternate, linear_fit, median, run_process
from drfuse.models.backbones.base_backbone import BaseDenoiser
from drfuse.registry import MODELS
from drfuse.utils.config import UserError, load_config
from drfuse.utils.heap import kept_heap
from drfuse.utils.paths import find_config

LIGHT = '_base_/models/drfusion_light.py'
BASE = 'paper eager float32'
"""The pipeline that all are compared with."""
_IMPORT = 'from drfuse.apis import FusionInferencer'
_LARGE = 1 << 21


class Plan(NamedTuple):
    """How much is measured.

    Attributes:
        size: (H, W) of the comparison.
        small: (H, W) at which forms of the paper's network are compared once more.
        repeats: Runs of each that count.
        sides: Widths of the pictures whose cost is fitted; their height is three quarters.
        steps: Numbers of steps T whose cost is fitted.
        compiled: Also compile the networks.
        evaluated: Pairs of the set that is evaluated from end to end.
        many: Numbers of small pairs whose memory is compared.
    """

    size: tuple[int, int] = (768, 1024)
    small: tuple[int, int] = (384, 512)
    repeats: int = 5
    sides: tuple[int, ...] = (256, 512, 1024, 2048, 4096)
    steps: tuple[int, ...] = (1, 2, 3, 4, 5)
    compiled: bool = True
    evaluated: int = 20
    many: tuple[int, int] = (10, 1000)


class Bench:
    """What the parts share.

    Args:
        plan: How much is measured.
        folder: For files.
    """

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan, self.folder = plan, folder

    @cached_property
    def light(self) -> FusionInferencer:
        """The shipped model with its default settings."""
        return FusionInferencer('ivf', device='cpu')

    @property
    def trained(self) -> BaseDenoiser:
        """The shipped network as it was trained."""
        network = self.light.model.backbone
        return getattr(network, 'network', network)

    @property
    def paper(self) -> BaseDenoiser:
        """The paper's network as it was trained."""
        return paper_inferencer(self.folder).model.backbone

    @cached_property
    def files(self) -> tuple[Path, Path]:
        """The pair of the comparison."""
        return write_pair(self.folder, self.plan.size)

    def medians(self, functions: dict[str, Callable[[], Any]]) -> dict[str, float]:
        """Return the median seconds of functions that run in turn."""
        return {name: median(times) for name, times in alternate(functions, self.plan.repeats).items()}


def start(bench: Bench) -> dict[str, float]:
    """Return seconds until modules are imported and until the help is printed."""
    runs = dict(import_s=('import drfuse',), inferencer_import_s=(_IMPORT,), help_s=(COMMAND, '--help'))
    return {name: median([run_process(*arguments).seconds for _ in range(min(bench.plan.repeats, 3) + 1)][1:])
            for name, arguments in runs.items()}


def memory(bench: Bench) -> dict[str, float]:
    """Return the peak of ``drfuse fuse`` in a process of its own, and that of importing alone."""
    done = run_process(COMMAND, 'fuse', *map(str, bench.files), '-o', str(bench.folder / 'memory.png'), '--task', 'ivf',
                       '--preset', 'composite')
    if done.code:
        raise UserError(f'drfuse fuse failed: {done.output.strip().splitlines()[-1]}')
    return dict(fuse_peak_mib=done.peak_mib, import_peak_mib=run_process(_IMPORT).peak_mib, fuse_s=done.seconds)


def pipeline(bench: Bench) -> dict[str, Any]:
    """Return the times of the pipelines, files to file, in turn."""
    single = FusionInferencer('ivf', device='cpu', precision='float32')
    half = FusionInferencer('ivf', device='cpu', precision='bfloat16')
    runs = {BASE: paper_inferencer(bench.folder), 'light default': bench.light, 'light float32': single,
            'light bfloat16': half}
    target = bench.folder / 'fused.png'
    times = alternate({name: file_to_file(i, bench.files, target) for name, i in runs.items()}, bench.plan.repeats)
    return dict(times=times, precision=bench.light.precision)


def stages(bench: Bench) -> dict[str, Any]:
    """Return median seconds of reading, preparing, network with operators, finishing, writing; shares of the steps."""
    from drfuse.benchmark.parts import timed_parts  # noqa: PLC0415 - the only one that reaches into a sampler

    result: dict[str, Any] = {}
    for precision in ('float32', 'bfloat16'):
        light, reports = FusionInferencer('ivf', device='cpu', precision=precision), []
        for _ in range(bench.plan.repeats + 1):
            fused = light(*bench.files, 'composite')
            write = alternate(dict(write=lambda r=fused: r.save(bench.folder / 'fused.png')), 1, 0)['write'][0]
            reports.append(dict(fused.report['seconds'], write=write))
        seconds = {name: median([report[name] for report in reports[1:]]) for name in reports[0]}
        result[precision] = dict(seconds=seconds, shares=timed_parts(light, bench.files, bench.plan.repeats))
    return result


def network(bench: Bench) -> dict[str, Any]:
    """Return seconds, parameters and GFLOP of one step of both networks; the paper's also with the heap kept for it."""
    size, light, paper = bench.plan.size, bench.light.model.backbone, bench.paper
    eager = step_of(paper, size)

    def kept() -> Any:
        with kept_heap():
            return eager()

    seconds = bench.medians(dict(paper=eager, paper_heap=kept, light=step_of(light, size)))
    return dict(seconds_per_step=seconds, speedup=seconds['paper'] / seconds['light'], paper=costs(paper, size),
                light=costs(bench.trained, size))


def light_modes(bench: Bench) -> dict[str, float | None]:
    """Return seconds of one step of the light network in each form."""
    trained, size = bench.trained, bench.plan.size
    modes = {'eager float32': step_of(trained, size), 'eager bfloat16 autocast': _autocast(trained, size),
             'folded float32': step_of(trained.for_inference(torch.float32), size),
             'folded bfloat16': step_of(trained.for_inference(torch.bfloat16), size)}
    result: dict[str, float | None] = dict(bench.medians(modes))
    if bench.plan.compiled:
        result['compiled float32'] = _compiled(bench, trained, size)
    return result


def paper_modes(bench: Bench) -> dict[str, Any]:
    """Return seconds of one step of the paper's network in each form, at the size of the comparison."""
    return _paper_modes(bench, bench.plan.size)


def paper_modes_small(bench: Bench) -> dict[str, Any]:
    """Return the same at the smaller size, where less of the plain network's time goes into fresh memory."""
    return _paper_modes(bench, bench.plan.small)


def _paper_modes(bench: Bench, size: tuple[int, int]) -> dict[str, Any]:
    eager = bench.paper
    last = copy.deepcopy(eager).to(memory_format=torch.channels_last)
    modes = {'eager float32': step_of(eager, size), 'channels_last float32': step_of(last, size),
             'eager bfloat16 autocast': _autocast(eager, size),
             'folded float32': step_of(eager.for_inference(torch.float32), size),
             'folded bfloat16': step_of(eager.for_inference(torch.bfloat16), size)}
    return _over_eager(dict(bench.medians(modes)), size)


def paper_compiled(bench: Bench) -> dict[str, Any]:
    """Return seconds of one step of the paper's network, eager and compiled, at the smaller size."""
    eager, size = bench.paper, bench.plan.small
    last = copy.deepcopy(eager).to(memory_format=torch.channels_last)
    seconds: dict[str, float | None] = dict(bench.medians({'eager float32': step_of(eager, size)}))
    seconds['compiled float32, channels_last'] = _compiled(bench, last, size) if bench.plan.compiled else None
    return _over_eager(seconds, size)


def _over_eager(seconds: dict[str, float | None], size: tuple[int, int]) -> dict[str, Any]:
    base = seconds['eager float32']
    return dict(size=list(size), seconds=seconds,
                speedups={name: base / s if base and s else None for name, s in seconds.items()})


def pixels(bench: Bench) -> dict[str, Any]:
    """Return seconds over the size of the picture, files to file, and their line."""
    sizes, seconds = [(side * 3 // 4, side) for side in bench.plan.sides], []
    for size in sizes:
        run = file_to_file(bench.light, write_pair(bench.folder, size), bench.folder / 'fused.png')
        repeats = 2 if size[0] * size[1] > _LARGE else bench.plan.repeats
        seconds.append(median(alternate(dict(run=run), repeats)['run']))
    megapixels = [h * w / 1e6 for h, w in sizes]
    return dict(megapixels=megapixels, seconds=seconds, precision=bench.light.precision,
                fit=linear_fit(megapixels, seconds)._asdict())


def steps(bench: Bench) -> dict[str, Any]:
    """Return seconds of the light model's reverse process for each T, weights at random, and their line."""
    numbers = bench.plan.steps
    runs = {str(number): _process(number, bench.plan.size) for number in numbers}
    seconds = [*bench.medians(runs).values()]
    return dict(steps=list(numbers), seconds=seconds, fit=linear_fit(numbers, seconds)._asdict())


def evaluation(bench: Bench) -> dict[str, Any]:
    """Return seconds of a set that is degraded, fused and evaluated by the command line."""
    size = (288, 512)
    return dict(evaluate_set(bench.folder, bench.plan.evaluated, size), size=list(size))


def many(bench: Bench) -> dict[str, float]:
    """Return the peak memory in MiB of fusing folders, by their number of pairs."""
    return {str(number): memory_of_set(bench.folder / f'many{number}', number, (64, 64)) for number in bench.plan.many}


def _compiled(bench: Bench, trained: BaseDenoiser, size: tuple[int, int]) -> float | None:
    """Return seconds of one step of a compiled network, None where there is no compiler."""
    try:
        return bench.medians(dict(compiled=step_of(torch.compile(trained), size)))['compiled']
    except Exception:  # noqa: BLE001 - whatever a missing or unfit compiler raises
        return None


def _autocast(trained: BaseDenoiser, size: tuple[int, int]) -> Callable[[], Any]:
    run = step_of(trained, size)

    def half() -> Any:
        with torch.autocast('cpu', torch.bfloat16):
            return run()

    return half


def _process(number: int, size: tuple[int, int]) -> Callable[[], Any]:
    from drfuse.degradations import Degradation  # noqa: PLC0415 - beside the other imports it would be a cycle

    cfg = copy.deepcopy(load_config(find_config(LIGHT)).model)
    cfg['sampler']['num_steps'] = cfg['sampler']['correction_scale']['num_steps'] = number
    torch.manual_seed(0)
    model = MODELS.build({**cfg, 'losses': None}).eval()
    light = model.backbone.for_inference(torch.float32)
    blur = Degradation([dict(type='GaussianBlur', sigma=2.0), dict(type='GaussianNoise', sigma=0.03)])
    observations = [blur.attach(torch.rand(1, 1, *size), size)[0] for _ in range(2)]

    @torch.no_grad()
    def run() -> Any:
        with kept_heap():  # as the pipeline does
            return model.sampler(light, observations)

    return run
