"""Make the fusion weights of a trained light model more decided, or less: its logits times a factor for each band.

Softly bounded logits that are trained with a price on what the weaker source loses stay near the middle. How decided
they should be in the end is chosen on validation pairs; restoration does not change.

Usage: python tools/model_converters/sharpen_fusion.py RUN/iter_1800.pth configs/light/ivf.py out.pth \
           --factors 1.4 1.4 1.4 1.4 1
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from drfuse.apis.model_zoo import load_model
from drfuse.models import LightUNet, StepwiseDenoiser
from drfuse.utils.checkpoint import save_atomic
from drfuse.utils.config import UserError


@torch.no_grad()
def sharpen(backbone: nn.Module, factors: Sequence[float]) -> None:
    """Multiply the logits of the last step's network, in place.

    Args:
        backbone: A :class:`~drfuse.models.LightUNet`, or a :class:`~drfuse.models.StepwiseDenoiser` of them.
        factors: One a band, from fine to coarse; below 1 the weights come nearer to the mean of the sources.

    Raises:
        UserError: If the backbone is another one, or the factors are not one a band and positive.
    """
    network = backbone.at(1) if isinstance(backbone, StepwiseDenoiser) else backbone
    if not isinstance(network, LightUNet):
        raise UserError(f'the backbone must be LightUNet, one or one a step, got {type(backbone).__name__}')
    if len(factors) != network.weight_bands or not all(0 < factor < float('inf') for factor in factors):
        raise UserError(f'--factors needs {network.weight_bands} positive numbers, one a band, got '
                        f'{" ".join(map(str, factors))}')
    for parameter in (p for layer in network.logit_layers() for p in layer.parameters()):
        gain = torch.tensor(factors).repeat(len(parameter) // len(factors)).to(parameter)
        parameter.mul_(gain.view(-1, *[1] * (parameter.ndim - 1)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Command-line entry."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('weights', type=Path, help='checkpoint of a training, or shipped weights')
    parser.add_argument('config', help='its config')
    parser.add_argument('out', type=Path, help='checkpoint to write')
    parser.add_argument('--factors', type=float, nargs='+', required=True, metavar='F',
                        help='one a band, from fine to coarse')
    args = parser.parse_args(arguments)
    model = load_model(args.config, args.weights, 'cpu').model
    sharpen(model.backbone, args.factors)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    save_atomic(dict(meta={}, state_dict=model.state_dict()), args.out)
    print(f'{args.out}: logits times {" ".join(map(str, args.factors))}')


if __name__ == '__main__':
    try:
        main()
    except UserError as error:
        sys.exit(f'{Path(__file__).name}: {error}')
