"""Everything that ``drfuse bench`` measures, as one mapping that JSON can hold."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch

from drfuse.apis import FusionInferencer
from drfuse.benchmark.machine import describe_machine
from drfuse.benchmark.pipelines import costs, file_to_file, paper_inferencer, step_of, write_pair
from drfuse.benchmark.sets import COMMAND, evaluate_set, memory_of_set
from drfuse.benchmark.timing import alternate, linear_fit, median, run_process
from drfuse.models.backbones.base_backbone import BaseDenoiser
from drfuse.registry import MODELS
from drfuse.utils.config import UserError, load_config
from drfuse.utils.paths import find_config

LIGHT = '_base_/models/drfusion_light.py'
_IMPORT = 'from drfuse.apis import FusionInferencer'
Tell = Callable[[str], None]


class Plan(NamedTuple):
    """How much is measured.

    Attributes:
        size: (H, W) of the comparison.
        paper_size: (H, W) at which forms of the paper's network are compared.
        repeats: Runs of each that count.
        sides: Widths of the pictures whose cost is fitted; their height is three quarters.
        steps: Numbers of steps T whose cost is fitted.
        compiled: Also compile the light network.
        evaluated: Pairs of the set that is evaluated from end to end.
        many: Numbers of small pairs whose memory is compared.
    """

    size: tuple[int, int] = (768, 1024)
    paper_size: tuple[int, int] = (384, 512)
    repeats: int = 5
    sides: tuple[int, ...] = (256, 512, 1024, 2048, 4096)
    steps: tuple[int, ...] = (1, 2, 3, 4, 5)
    compiled: bool = True
    evaluated: int = 20
    many: tuple[int, int] = (10, 1000)


FULL = Plan()
QUICK = Plan(size=(192, 256), paper_size=(64, 64), repeats=2, sides=(128, 256), steps=(1, 2), compiled=False,
             evaluated=2, many=(2, 6))


def run_suite(plan: Plan, tell: Tell) -> dict[str, Any]:
    """Measure; ``tell`` hears what comes next.

    Raises:
        UserError: If the shipped model is not there, or a process fails.
    """
    with tempfile.TemporaryDirectory(prefix='drfuse_bench_') as name:
        folder = Path(name)
        light = FusionInferencer('ivf', device='cpu')
        tell('start of processes, and memory')
        result: dict[str, Any] = dict(machine=describe_machine(), size=list(plan.size), repeats=plan.repeats,
                                      start=_starts(plan.repeats), memory=_memory(folder, plan, light.precision))
        tell('files to file, beside the paper network: this takes minutes')
        result['pipeline'] = _pipeline(light, folder, plan)
        tell('networks')
        result['network'] = _networks(light, folder, plan)
        tell('forms of the networks')
        result['light_modes'] = _light_modes(light, plan)
        result['paper_modes'] = _paper_modes(folder, plan)
        tell('growth with pixels and steps')
        result['growth'] = dict(pixels=_by_pixels(light, folder, plan), steps=_by_steps(plan))
        tell('whole folders')
        result['sets'] = _sets(folder, plan)
    result['speedup_vs_paper_unet'] = result['pipeline']['speedup']
    return result


def _starts(repeats: int) -> dict[str, float]:
    runs = dict(import_s=('import drfuse',), inferencer_import_s=(_IMPORT,), help_s=(COMMAND, '--help'))
    return {name: median([run_process(*arguments).seconds for _ in range(min(repeats, 3))])
            for name, arguments in runs.items()}


def _memory(folder: Path, plan: Plan, precision: str) -> dict[str, float]:
    """Return the peak of ``drfuse fuse`` in a process of its own, and that of importing alone."""
    files = write_pair(folder, plan.size)
    done = run_process(COMMAND, 'fuse', *map(str, files), '-o', str(folder / 'memory.png'), '--task', 'ivf',
                       '--preset', 'composite', '--precision', precision)
    if done.code:
        raise UserError(f'drfuse fuse failed: {done.output.strip().splitlines()[-1]}')
    bare = run_process(_IMPORT)
    return dict(fuse_peak_mib=done.peak_mib, import_peak_mib=bare.peak_mib, fuse_s=done.seconds)


def _pipeline(light: FusionInferencer, folder: Path, plan: Plan) -> dict[str, Any]:
    files, paper = write_pair(folder, plan.size), paper_inferencer(folder)
    single = FusionInferencer('ivf', device='cpu', precision='float32')
    half = FusionInferencer('ivf', device='cpu', precision='bfloat16')
    runs = {'paper eager float32': paper, 'light default': light, 'light float32': single, 'light bfloat16': half}
    times = alternate({name: file_to_file(i, files, folder / 'fused.png') for name, i in runs.items()}, plan.repeats)
    seconds = {name: median(t) for name, t in times.items()}
    base = seconds['paper eager float32']
    return dict(seconds=seconds, times=times, precision=light.precision, speedup=base / seconds['light default'],
                speedups={name: base / s for name, s in seconds.items()},
                stages=_stages(light, files, folder / 'fused.png', plan.repeats),
                correction_share=_correction_share(light, files, plan.repeats))


def _stages(inferencer: FusionInferencer, files: tuple[Path, Path], target: Path, repeats: int) -> dict[str, float]:
    """Return the median seconds of reading, preparing, network with operators, finishing and writing."""
    reports = []
    for _ in range(repeats):
        fused = inferencer(*files, 'composite')
        reports.append(dict(fused.report['seconds'], write=median(alternate(dict(w=lambda r=fused: r.save(target)), 1,
                                                                            0)['w'])))
    return {name: median([report[name] for report in reports]) for name in reports[0]}


def _correction_share(inferencer: FusionInferencer, files: tuple[Path, Path], repeats: int) -> dict[str, float]:
    """Return which part of all steps the correction, the network's condition and the network itself take."""
    from drfuse.benchmark.parts import timed_parts  # noqa: PLC0415 - the only one that reaches into a sampler

    return timed_parts(inferencer, files, repeats)


def _networks(light: FusionInferencer, folder: Path, plan: Plan) -> dict[str, Any]:
    paper, network = paper_inferencer(folder).model.backbone, light.model.backbone
    trained = getattr(network, 'network', network)
    times = alternate(dict(paper=step_of(paper, plan.size), light=step_of(network, plan.size)), plan.repeats)
    seconds = {name: median(t) for name, t in times.items()}
    return dict(seconds_per_step=seconds, speedup=seconds['paper'] / seconds['light'],
                paper=costs(paper, plan.size), light=costs(trained, plan.size))


def _sets(folder: Path, plan: Plan) -> dict[str, Any]:
    peaks = {str(number): memory_of_set(folder / f'many{number}', number, (64, 64)) for number in plan.many}
    return dict(evaluation=evaluate_set(folder, plan.evaluated, (288, 512)), evaluation_size=[288, 512],
                peak_mib_by_pairs=peaks)


def _light_modes(light: FusionInferencer, plan: Plan) -> dict[str, Any]:
    """Return seconds of one step of the light network in each form."""
    trained = getattr(light.model.backbone, 'network', light.model.backbone)
    modes = {'eager float32': step_of(trained, plan.size), 'eager bfloat16 autocast': _autocast(trained, plan.size),
             'folded float32': step_of(trained.for_inference(torch.float32), plan.size),
             'folded bfloat16': step_of(trained.for_inference(torch.bfloat16), plan.size)}
    result = {name: median(t) for name, t in alternate(modes, plan.repeats).items()}
    if plan.compiled:
        result['compiled float32'] = _compiled(trained, plan)
    return result


def _compiled(network: BaseDenoiser, plan: Plan) -> float | None:
    """Return seconds of one step of the compiled network, None where there is no compiler."""
    try:
        run = step_of(torch.compile(network), plan.size)
        return median(alternate(dict(compiled=run), plan.repeats)['compiled'])
    except Exception:  # noqa: BLE001 - whatever a missing or unfit compiler raises
        return None


def _paper_modes(folder: Path, plan: Plan) -> dict[str, Any]:
    """Return seconds of one step of the paper's network in each form, at the smaller size."""
    eager = paper_inferencer(folder).model.backbone
    last = copy.deepcopy(eager).to(memory_format=torch.channels_last)
    modes = {'eager float32': step_of(eager, plan.paper_size), 'channels_last float32': step_of(last, plan.paper_size),
             'fast float32': step_of(eager.for_inference(torch.float32), plan.paper_size),
             'fast bfloat16': step_of(eager.for_inference(torch.bfloat16), plan.paper_size)}
    seconds = {name: median(t) for name, t in alternate(modes, plan.repeats).items()}
    return dict(size=list(plan.paper_size), seconds=seconds,
                speedups={name: seconds['eager float32'] / s for name, s in seconds.items()})


def _autocast(network: BaseDenoiser, size: tuple[int, int]) -> Callable[[], Any]:
    run = step_of(network, size)

    def half() -> Any:
        with torch.autocast('cpu', torch.bfloat16):
            return run()

    return half


def _by_pixels(light: FusionInferencer, folder: Path, plan: Plan) -> dict[str, Any]:
    sizes = [(side * 3 // 4, side) for side in plan.sides]
    seconds = []
    for size in sizes:
        files = write_pair(folder, size)
        large = size[0] * size[1] > 1 << 21
        run = file_to_file(light, files, folder / 'fused.png')
        seconds.append(median(alternate(dict(run=run), 2 if large else plan.repeats)['run']))
    pixels = [h * w / 1e6 for h, w in sizes]
    return dict(megapixels=pixels, seconds=seconds, fit=linear_fit(pixels, seconds)._asdict())


def _by_steps(plan: Plan) -> dict[str, Any]:
    """Return seconds of the light model's reverse process for each T, weights at random."""
    seconds = []
    for steps in plan.steps:
        seconds.append(median(alternate(dict(run=_process(steps, plan.size)), plan.repeats)['run']))
    return dict(steps=list(plan.steps), seconds=seconds, fit=linear_fit(plan.steps, seconds)._asdict())


def _process(steps: int, size: tuple[int, int]) -> Callable[[], Any]:
    from drfuse.degradations import Degradation  # noqa: PLC0415 - beside the other imports it would be a cycle

    cfg = copy.deepcopy(load_config(find_config(LIGHT)).model)
    cfg['sampler']['num_steps'] = cfg['sampler']['correction_scale']['num_steps'] = steps
    torch.manual_seed(0)
    model = MODELS.build({**cfg, 'losses': None}).eval()
    network = model.backbone.for_inference(torch.float32)
    blur = Degradation([dict(type='GaussianBlur', sigma=2.0), dict(type='GaussianNoise', sigma=0.03)])
    observations = [blur.attach(torch.rand(1, 1, *size), size)[0] for _ in range(2)]

    @torch.no_grad()
    def run() -> Any:
        return model.sampler(network, observations)

    return run
