"""Set the limits of the gates of a trained light model to what it shows on its own training data.

A channel's limit is the largest value that it takes in a picture, which a share of the pictures looked at does not
exceed, times a margin and rounded up to a power of two: on such data the model computes almost what it did before, and
observations that it is told wrongly of cannot drive it far from there. Weights in units of a power of two keep all
their digits in bfloat16.

Usage: python tools/model_converters/limit_gates.py configs/light/ivf.py RUN/iter_600.pth out.pth --data-root DATA
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from mmengine.registry import init_default_scope
from rich.progress import track
from torch import nn

from drfuse.apis.model_zoo import load_model
from drfuse.datasets.data_root import set_data_root
from drfuse.engine.runner import FusionRunner
from drfuse.models.backbones.light_blocks import GatedBlock
from drfuse.utils.checkpoint import read_checkpoint, save_atomic
from drfuse.utils.config import UserError, load_config

LEAST = 2.0**-10


def told_rightly(node: Any) -> Any:
    """Return a config without mismatches between degradations and what is told of them."""
    if isinstance(node, dict):
        return {key: told_rightly(value) for key, value in node.items() if key != 'mismatch'}
    return [told_rightly(value) for value in node] if isinstance(node, list | tuple) else node


@torch.no_grad()
def limit_gates(model: nn.Module, run: Callable[[], None], share: float, margin: float) -> int:
    """Set the limits of every gated block to ``margin`` times the largest factors of a picture while ``run`` runs.

    Args:
        model: Changed in place.
        run: Runs it on pictures.
        share: Of the pictures, in [0, 1], whose largest factors are not larger.
        margin: Limit over these, at least; up to twice that.

    Returns:
        The number of blocks.

    Raises:
        UserError: If the model has none.
    """
    blocks = [block for block in model.modules() if isinstance(block, GatedBlock)]
    if not blocks:
        raise UserError(f'{type(model.backbone).__name__} has no gated blocks')
    found: list[tuple[list[torch.Tensor], list[torch.Tensor]]] = [([], []) for _ in blocks]

    def see(largest: list[torch.Tensor], layer: nn.Module, inputs: Any, result: torch.Tensor) -> None:
        largest.append(result.float().abs().amax((2, 3)))

    hooks = [layer.register_forward_hook(partial(see, largest)) for block, both in zip(blocks, found, strict=True)
             for layer, largest in zip((block.depthwise, block.widen2), both, strict=True)]
    run()
    for hook in hooks:
        hook.remove()
    for block, both in zip(blocks, found, strict=True):
        limits = torch.stack([torch.cat(largest).quantile(share, 0) for largest in both])
        block.limits.copy_((margin * limits).clamp(min=LEAST).log2().ceil().exp2())
    return len(blocks)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command-line entry."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('config', help='config of the model; its training data are looked at')
    parser.add_argument('checkpoint', type=Path, help='trained weights')
    parser.add_argument('out', type=Path, help='checkpoint to write')
    parser.add_argument('--data-root', help='folder of the data sets')
    parser.add_argument('--batches', type=int, default=40, help='training batches to look at')
    parser.add_argument('--share', type=float, default=0.9, help='of the pictures that stay below what sets the limit')
    parser.add_argument('--margin', type=float, default=1.1,
                        help='limit over the largest value of these, before rounding up')
    args = parser.parse_args(arguments)
    init_default_scope('drfuse')
    torch.manual_seed(0)
    cfg, model = load_config(args.config), load_model(args.config, args.checkpoint, 'cpu').model
    if args.data_root:
        set_data_root(cfg, args.data_root)
    loader = FusionRunner.build_dataloader(told_rightly(cfg.train_dataloader.to_dict()), seed=0)

    def run() -> None:
        for _, batch in zip(track(range(args.batches), 'batches'), loader, strict=False):
            model(model.data_preprocessor(batch)['inputs'], mode='tensor')

    count = limit_gates(model, run, args.share, args.margin)
    checkpoint = read_checkpoint(args.checkpoint)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    save_atomic(dict(meta=checkpoint.get('meta', {}), state_dict=model.state_dict()), args.out)
    print(f'{count} blocks limited by {args.batches} batches: {args.out}')


if __name__ == '__main__':
    try:
        main()
    except UserError as error:
        sys.exit(f'{Path(__file__).name}: {error}')
