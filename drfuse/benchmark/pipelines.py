"""The pipelines that are compared, files to file, and what their networks cost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from mmcv import imwrite
from torch.utils.flop_counter import FlopCounterMode

from drfuse.apis import FusionInferencer
from drfuse.apis.degradation_spec import PRESETS
from drfuse.datasets.embedded import EmbeddedPairs
from drfuse.datasets.image_io import to_tensor
from drfuse.degradations import Degradation
from drfuse.diffusion.denoiser import StepCondition
from drfuse.models.backbones.base_backbone import BaseDenoiser
from drfuse.models.backbones.stepwise import StepwiseDenoiser
from drfuse.registry import MODELS
from drfuse.utils.config import load_config
from drfuse.utils.paths import find_config
from drfuse.utils.seed import keyed_generator

FACTOR = 4
"""Low-resolution factor of the infrared image in the scenario ``composite``."""
PAPER = 'drfusion/ivf_composite.py'
DEGRADATION = 'composite'


def write_pair(folder: Path, size: tuple[int, int], seed: int = 0) -> tuple[Path, Path]:
    """Write a generated infrared-visible pair of (H, W), degraded as the scenario says; return the files."""
    pairs = EmbeddedPairs('ivf', num=1, size=size, seed=seed)
    pair, (sigma, variance) = pairs.render(pairs.stems[0]), PRESETS[DEGRADATION]
    stages = [dict(type='GaussianBlur', sigma=sigma, kernel_size=21), dict(type='GaussianNoise', sigma=variance**0.5)]
    low = dict(type='AveragePool', factor=FACTOR)
    files = folder / f'ir_{size[1]}.png', folder / f'vis_{size[1]}.png'
    for file, (name, recipe) in zip(files, dict(ir=[*stages, low], vis=stages).items(), strict=True):
        degradation = Degradation(recipe)
        image = degradation.degrade(to_tensor(pair[name])[None], degradation.sample_params(),
                                    keyed_generator('benchmark', seed, name))
        imwrite((255 * image[0].clamp(0, 1)).round().byte().permute(1, 2, 0).numpy()[..., ::-1], str(file))
    return files


def paper_inferencer(folder: Path, accelerated: bool = False, precision: str = 'float32') -> FusionInferencer:
    """Return the pipeline with the paper's network, weights at random: they do not change what it costs."""
    weights = folder / 'paper.pth'
    if not weights.is_file():
        torch.manual_seed(0)
        torch.save(MODELS.build({**load_config(find_config(PAPER)).model, 'losses': None}).state_dict(), weights)
    return FusionInferencer(PAPER, weights, 'cpu', precision, accelerated=accelerated)


def file_to_file(inferencer: FusionInferencer, files: tuple[Path, Path], target: Path) -> Callable[[], Any]:
    """Return a function that reads two files, restores, fuses, and writes the fused picture."""
    return lambda: inferencer(*files, DEGRADATION).save(target)


def step_of(network: BaseDenoiser, size: tuple[int, int]) -> Callable[[], Any]:
    """Return a function that evaluates a network once, where it is, on a picture of (H, W), at t = 2.

    The last step, t = 1, may be of higher precision.
    """
    device = next(network.parameters(), torch.empty(0)).device
    generator = torch.Generator().manual_seed(0)
    maps = torch.rand(1, 2 * network.num_sources + 1, *size, generator=generator).to(device)
    sigma = torch.full((1, network.num_sources, 1, 1), 0.03, device=device).expand(-1, -1, *size)
    x, y = maps.split((network.num_sources + 1, network.num_sources), 1)
    t = torch.full((1,), 2, device=device)
    cond = StepCondition(y, 0.1 * y, sigma, alpha_bar=torch.tensor(0.5, device=device))

    @torch.no_grad()
    def run() -> Any:
        return network(x, t, cond)

    return run


def costs(network: BaseDenoiser, size: tuple[int, int]) -> dict[str, float]:
    """Return parameters in millions, and GFLOP of the dearest step: a multiplication and an addition count as two.

    On the device ``meta`` they are counted without being computed.
    """
    flops = []
    for part in network.networks if isinstance(network, StepwiseDenoiser) else [network]:
        with FlopCounterMode(display=False) as counter:
            step_of(part, size)()
        flops.append(counter.get_total_flops())
    return dict(parameters_m=sum(p.numel() for p in network.parameters()) / 1e6, gflop_per_step=max(flops) / 1e9)
