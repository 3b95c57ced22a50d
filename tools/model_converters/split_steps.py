"""Give every step of a trained light model a network of its own: the start of a training that lets them differ.

The step's scale and shift of channels become part of the weights, as in inference. Blocks that the new networks have
on top start as the identity; branches of fusion weights that differ in shape start balanced.

Usage: python tools/model_converters/split_steps.py weights/ivf.pth configs/light/ivf_shared.py configs/light/ivf.py \
           work_dirs/ivf_split.pth
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


@torch.no_grad()
def start_step(network: LightUNet, state: dict[str, torch.Tensor]) -> None:
    """Load what fits into a network without embedding; the rest starts as the identity or balanced."""
    own = network.state_dict()
    fits = {name: value for name, value in state.items() if name in own and own[name].shape == value.shape}
    network.load_state_dict(fits, strict=False)
    for name, block in network.named_modules():
        for layer in getattr(block, 'closing', ()):
            if f'{name}.{layer}.weight' not in fits:
                nn.init.zeros_(getattr(block, layer).weight)
    if any(name.startswith('weight_') and name not in own for name in state):
        for head in [network.weight_head, *([network.weight_refine.head] if network.weight_refine else [])]:
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)


def split(shared: nn.Module, target: nn.Module) -> dict[str, torch.Tensor]:
    """Return the state of ``target`` that computes what ``shared`` does.

    Args:
        shared: A model with one :class:`~drfuse.models.LightUNet` for all steps.
        target: A model with a :class:`~drfuse.models.StepwiseDenoiser` of those without embedding.

    Raises:
        UserError: If they are of other kinds.
    """
    if not isinstance(shared.backbone, LightUNet) or not isinstance(target.backbone, StepwiseDenoiser):
        raise UserError(f'the backbones must be LightUNet and StepwiseDenoiser, got {type(shared.backbone).__name__} '
                        f'and {type(target.backbone).__name__}')
    target.sampler.load_state_dict(shared.sampler.state_dict())
    for t, network in enumerate(target.backbone.networks, 1):
        start_step(network, weights_of_step(shared.backbone, t))
    return target.state_dict()


def main(arguments: Sequence[str] | None = None) -> None:
    """Command-line entry."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('source', type=Path, help='trained weights of one network for all steps')
    parser.add_argument('source_config', help='their config')
    parser.add_argument('config', help='config with a network for each step')
    parser.add_argument('out', type=Path, help='checkpoint to write, for load_from')
    args = parser.parse_args(arguments)
    shared = load_model(args.source_config, args.source, 'cpu').model
    target = MODELS.build({**load_config(args.config).model, 'losses': None})
    state = split(shared, target)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    save_atomic(dict(meta={}, state_dict=state), args.out)
    print(f'{sum(p.numel() for p in target.parameters()):,} parameters in {args.out}')


if __name__ == '__main__':
    try:
        main()
    except UserError as error:
        sys.exit(f'{Path(__file__).name}: {error}')
