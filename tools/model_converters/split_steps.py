"""Give every step of a light model a network of its own, from a trained model: the start of a training.

The step's scale and shift of channels become part of the weights, as in inference. Blocks that the new networks have
on top start as the identity; further bands of the fusion as the coarsest there was, votes without a say; branches of
fusion weights that differ otherwise, and those of the steps of ``--balance``, start balanced.

Usage: python tools/model_converters/split_steps.py weights/mif.pth configs/light/mif.py NEW_CONFIG.py start.pth
       python tools/model_converters/split_steps.py weights/ivf.pth configs/light/ivf.py configs/light/ivf_t2.py \
           start.pth --take 1 3
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from drfuse.apis.model_zoo import load_model
from drfuse.models import LightUNet, StepwiseDenoiser
from drfuse.registry import MODELS
from drfuse.utils.checkpoint import save_atomic
from drfuse.utils.config import UserError, load_config

HEADS = ('weight_head', 'weight_refine.head')
"""Layers that return logits."""


@torch.no_grad()
def weights_of_step(network: LightUNet, t: int) -> dict[str, torch.Tensor]:
    """Return the weights of a network, its step's scales and shifts folded: s (W x + b) + h = (s W) x + (s b + h)."""
    state = {name: value.clone() for name, value in network.state_dict().items()}
    if network.time_embedding is not None:
        emb = network.time_embedding(torch.tensor([t]))
        for name, block in network.named_modules():
            if hasattr(block, 'shifted'):
                scale, offset = block.shift.proj(emb)[0].chunk(2)
                layer = f'{name}.{block.shifted}'
                state[f'{layer}.weight'] *= (1 + scale).view(-1, 1, 1, 1)
                state[f'{layer}.bias'] = state[f'{layer}.bias'] * (1 + scale) + offset
    return {name: value for name, value in state.items() if 'time_embedding' not in name and '.shift.' not in name}


def with_bands(network: LightUNet, value: torch.Tensor) -> torch.Tensor:
    """Return weights or bias of a head (M K, ...) with as many bands as a network has: the coarsest is repeated."""
    by_source = value.unflatten(0, (1 if network.num_sources == 2 else network.num_sources, -1))
    missing = network.weight_bands - by_source.shape[1]
    return torch.cat((by_source, *[by_source[:, -1:]] * missing), 1).flatten(0, 1)


@torch.no_grad()
def balance(network: LightUNet) -> None:
    """Let a network weigh all sources alike, in every band."""
    for parameter in (p for layer in network.logit_layers() for p in layer.parameters()):
        nn.init.zeros_(parameter)


@torch.no_grad()
def start_step(network: LightUNet, state: dict[str, torch.Tensor]) -> None:
    """Load what fits into a network without embedding; the rest starts as the identity or balanced."""
    own = network.state_dict()
    state = {name: with_bands(network, value) if name.removesuffix('.weight').removesuffix('.bias') in HEADS else value
             for name, value in state.items()}
    fits = {name: value for name, value in state.items() if name in own and own[name].shape == value.shape}
    network.load_state_dict(fits, strict=False)
    for name, block in network.named_modules():
        for layer in getattr(block, 'closing', ()):
            if f'{name}.{layer}.weight' not in fits:
                nn.init.zeros_(getattr(block, layer).weight)
    branch, own_branch = ({name for name in names if name.startswith('weight_') and not name.startswith('weight_votes')}
                          for names in (state, own))
    if branch != own_branch:
        balance(network)


def split(source: nn.Module, target: nn.Module, take: Sequence[int] | None = None,
          balanced: Sequence[int] = ()) -> dict[str, torch.Tensor]:
    """Return the state of ``target`` that computes what ``source`` does at the steps taken.

    Args:
        source: A trained model with a :class:`~drfuse.models.LightUNet` for all steps, or with one for each.
        target: A model with a :class:`~drfuse.models.StepwiseDenoiser` of those without embedding.
        take: Step of the source for every step of the target; None = the same.
        balanced: Steps of the target whose fusion weights start balanced.

    Raises:
        UserError: If they are of other kinds, or ``take`` or ``balanced`` names steps that there are not.
    """
    if not isinstance(source.backbone, LightUNet | StepwiseDenoiser) or not isinstance(target.backbone,
                                                                                     StepwiseDenoiser):
        raise UserError('the backbones must be LightUNet or StepwiseDenoiser, and StepwiseDenoiser, got '
                        f'{type(source.backbone).__name__} and {type(target.backbone).__name__}')
    have, wanted = (len(m.sampler.schedule.timesteps) for m in (source, target))
    take = list(take or range(1, wanted + 1))
    if len(take) != wanted or not set(take) <= set(range(1, have + 1)):
        raise UserError(f'--take needs {wanted} steps of 1..{have}, got {" ".join(map(str, take))}')
    if not set(balanced) <= set(range(1, wanted + 1)):
        raise UserError(f'--balance needs steps of 1..{wanted}, got {" ".join(map(str, balanced))}')
    rows = [t - 1 for t in take]  # what a sampler learns it learns for every step
    target.sampler.load_state_dict({name: value[rows] for name, value in source.sampler.state_dict().items()})
    for t, network in zip(take, target.backbone.networks, strict=True):
        one = source.backbone.at(t) if isinstance(source.backbone, StepwiseDenoiser) else source.backbone
        start_step(network, weights_of_step(one, t))
    for t in balanced:
        balance(target.backbone.at(t))
    return target.state_dict()


def main(arguments: Sequence[str] | None = None) -> None:
    """Command-line entry."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('source', type=Path, help='trained weights')
    parser.add_argument('source_config', help='their config')
    parser.add_argument('config', help='config with a network for each step')
    parser.add_argument('out', type=Path, help='checkpoint to write, for load_from')
    parser.add_argument('--take', type=int, nargs='+', metavar='T', help='step of the source for every step, from the '
                        'last (1) on; default: the same')
    parser.add_argument('--balance', type=int, nargs='+', metavar='T', default=[],
                        help='steps whose fusion weights start balanced')
    args = parser.parse_args(arguments)
    source = load_model(args.source_config, args.source, 'cpu').model
    target = MODELS.build({**load_config(args.config).model, 'losses': None})
    state = split(source, target, args.take, args.balance)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    save_atomic(dict(meta={}, state_dict=state), args.out)
    print(f'{sum(p.numel() for p in target.parameters()):,} parameters in {args.out}')


if __name__ == '__main__':
    try:
        main()
    except UserError as error:
        sys.exit(f'{Path(__file__).name}: {error}')
