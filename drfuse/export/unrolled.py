"""The whole reverse process of a light model in a form that can be written as a graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from drfuse.diffusion.correction_scales import LearnedScale
from drfuse.diffusion.fusion_rules import PixelFusion, StarletFusion
from drfuse.diffusion.samplers import FusionDDIMSampler
from drfuse.export.blocks import Correct, Finish, InterpolatedCells, KeptCells, Misfit, Pinv, Predict, Setup, Start
from drfuse.models.backbones.light_unet import LightUNet
from drfuse.models.backbones.stepwise import StepwiseDenoiser
from drfuse.utils.config import UserError

INPUTS = ('a', 'kernel_a', 'sigma_a', 'factor_a', 'b', 'kernel_b', 'sigma_b', 'factor_b')
"""Per source: the image (1, 1, H, W), a low-resolution one with every pixel repeated over its cell; the blur's kernel
(kh, kw), a single tap of 1 for none; the noise level (1, 1, H, W) of its luminance; () int64 factor."""
IMAGES = ('a', 'sigma_a', 'b', 'sigma_b')
OUTPUTS = ('fused', 'restored_a', 'restored_b', 'weight_a')
"""Each (1, 1, H, W)."""

KERNELS = ('symmetric', 'any')
"""The kinds of kernels; for any, A^+ takes the passes of :class:`~drfuse.degradations.WienerPinv`."""
SWITCHED = dict(pinv=KERNELS, residual=KERNELS, cells=('interpolated', 'kept'))
"""Calls that come in two kinds, of which one is run; their last argument says whether it is the first."""

Call = Callable[..., Sequence[Any]]


def unroll(call: Call, inputs: Mapping[str, Any], num_steps: int) -> tuple[Any, ...]:
    """Run the reverse process (Algorithm 1) as a series of blocks.

    Args:
        call: ``call(block, *arguments)`` runs one of :class:`UnrolledFusion`'s blocks, or writes down that it is run.
        inputs: Values of :data:`INPUTS`.
        num_steps: T.

    Returns:
        Values of :data:`OUTPUTS`.
    """
    sources = [[inputs[f'{name}_{s}' if name else s] for name in ('', 'kernel', 'sigma', 'factor')] for s in 'ab']
    ys, _, sigmas, factors = zip(*sources, strict=True)
    setups = [call('setup', *source) for source in sources]
    valid, interpolates, floors, probes, inverses, trusted = zip(*(setup[:6] for setup in setups), strict=True)
    operators = [setup[6:] for setup in setups]

    def each(block: str, *arguments: Sequence[Any]) -> list[Any]:
        return [call(block, *own, *operator)[0] for *own, operator in zip(*arguments, operators, strict=True)]

    def residuals(estimates: Sequence[Any], filters: Sequence[Any]) -> list[Any]:
        return each('residual', estimates, filters, ys, factors)

    starts = [call('cells', *own)[0] for own in zip(each('pinv', ys, inverses), factors, interpolates, strict=True)]
    x, known, noise_a, noise_b, *estimates = call('start', *starts, *each('pinv', probes, trusted), *sigmas, *floors)
    memory: list[Any] = []
    for t in range(num_steps, 0, -1):
        x0, eps, logits, *rest = call(f'predict{t}', x, known, *residuals(estimates, inverses), *sigmas, *memory)
        estimates, memory = rest[:2], rest[2:]
        d = residuals(estimates, trusted)
        x, fused, weight, *estimates = call(f'correct{t}', x0, eps, logits, *d, noise_a, noise_b)
    return tuple(call('finish', fused, *estimates, weight, *valid))


def run_kind(call: Call, block: str, kind: str, *arguments: Any) -> Sequence[Any]:
    """Run one of :data:`SWITCHED`, by the blocks of one of its kinds."""
    if block != 'residual':
        return call(f'{block}_{kind}', *arguments)
    x, inverse, y, factor, *operator = arguments
    misfit = call(f'misfit_{kind}', x, y, factor, *operator)[0]
    return call(f'pinv_{kind}', misfit, inverse, *operator)


class UnrolledFusion(nn.Module):
    """Restores and fuses one pair as ``model.sampler`` does, in blocks that are exported one by one.

    Args:
        model: A :class:`~drfuse.models.DRFusion` with a :class:`~drfuse.models.backbones.LightUNet` of two sources, or
            a :class:`~drfuse.models.backbones.StepwiseDenoiser` of such.

    Raises:
        UserError: If network or sampler are of a kind that cannot be exported.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        check_exportable(model)
        sampler = model.sampler
        network = model.backbone.for_inference(torch.float32)
        steps = list(sampler.schedule.timesteps)
        self.num_steps = len(steps)
        self.blocks = nn.ModuleDict({
            'setup': Setup(sampler), 'start': Start(sampler, len(steps)), 'finish': Finish(),
            'cells_interpolated': InterpolatedCells(), 'cells_kept': KeptCells(),
            **{f'{name}_{kind}': block(kind == 'any') for name, block in (('pinv', Pinv), ('misfit', Misfit))
               for kind in KERNELS},
            **{f'predict{t}': Predict(sampler, t, network) for t in steps},
            **{f'correct{t}': Correct(sampler, t) for t in steps}})
        self.eval()

    def forward(self, **inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return values of :data:`OUTPUTS` for values of :data:`INPUTS`."""
        return unroll(self.call, inputs, self.num_steps)

    def call(self, block: str, *arguments: torch.Tensor) -> Sequence[torch.Tensor]:
        """Run a block by its name; of :data:`SWITCHED`, the kind that its last argument tells."""
        if block not in SWITCHED:
            return self.blocks[block](*arguments)
        *own, is_first = arguments
        return run_kind(self.call, block, SWITCHED[block][0 if bool(is_first) else 1], *own)


def check_exportable(model: nn.Module) -> None:
    """Refuse what :class:`UnrolledFusion` does not run as ``model.sampler`` does.

    Raises:
        UserError: One line that names what is allowed.
    """
    sampler, network = getattr(model, 'sampler', None), getattr(model, 'backbone', None)
    networks = network.networks if isinstance(network, StepwiseDenoiser) else [network]
    wanted = [
        ('backbone', type(network).__name__, all(isinstance(n, LightUNet) for n in networks),
         f'{LightUNet.__name__}, one or one a step,'),
        ('sampler', type(sampler).__name__, type(sampler) is FusionDDIMSampler, FusionDDIMSampler.__name__)]
    if all(fits for *_, fits, _ in wanted):
        wanted += [
            ('backbone.num_sources', network.num_sources, network.num_sources == 2, 2),  # noqa: PLR2004
            ('sampler.projection', sampler.projection, sampler.projection == 'paper', 'paper'),
            ('sampler.fused_update', sampler.fused_update, sampler.fused_update == 'consistent', 'consistent'),
            ('sampler.init', sampler.init, sampler.init == 'pinv', 'pinv'),
            ('sampler.fusion', type(sampler.fusion).__name__, isinstance(sampler.fusion, PixelFusion | StarletFusion),
             'PixelFusion or StarletFusion'),
            ('sampler.correction_scale', type(sampler.correction_scale).__name__,
             isinstance(sampler.correction_scale, LearnedScale), LearnedScale.__name__)]
    for name, value, fits, allowed in wanted:
        if not fits:
            raise UserError(f'only a model with {name} {allowed} can be exported, this one has {value}')
