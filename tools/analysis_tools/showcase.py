"""Draw the README's picture: a generated pair, degraded as in the paper, and what a shipped model makes of it."""

import argparse
import sys
from datetime import date
from pathlib import Path

import numpy as np
import torch

from drfuse.apis.fusion_inferencer import COLOUR_SOURCE, FusionInferencer
from drfuse.apis.fusion_result import FusionResult
from drfuse.datasets.embedded import EmbeddedPairs
from drfuse.degradations import Degradation
from drfuse.utils.config import UserError
from drfuse.utils.seed import keyed_generator
from drfuse.visualization.image_writer import to_uint8, write_png
from drfuse.visualization.panel import draw_grid, enlarge_with_original

FACTOR = 2
"""Lost resolution of source A."""


def composite(low_resolution: bool) -> Degradation:
    """Return the paper's composite scenario for one source."""
    stages = [dict(type='GaussianBlur', sigma=2.0, kernel_size=21), dict(type='GaussianNoise', sigma=0.001 ** 0.5)]
    pool = [dict(type='AveragePool', factor=FACTOR)] if low_resolution else []
    return Degradation([*stages, *pool, dict(type='Round')])


def degraded(image: np.ndarray, low_resolution: bool, key: str) -> np.ndarray:
    """Return an 8-bit image (H, W) or (H, W, 3) degraded, with fixed noise."""
    channels = torch.from_numpy(np.atleast_3d(image).astype(np.float64) / 255).permute(2, 0, 1)[None]
    degradation, generator = composite(low_resolution), keyed_generator('showcase', key)
    result = degradation.degrade(channels, degradation.sample_params(generator), generator)
    return to_uint8(result[0].float())


def rows(pair: dict[str, np.ndarray], observed: list[np.ndarray], result: FusionResult) -> list[list]:
    """Return the labelled cells: observed above restored, the fused image on the right, its labels below."""
    (name_a, _), (name_b, clean_b) = pair.items()
    size = clean_b.shape[:2]
    weights = to_uint8(torch.from_numpy(result.weights[0]))
    top = [(f'{name_a}, observed', enlarge_with_original(observed[0], size)), (f'{name_b}, observed', observed[1]),
           ('fused', result.fused)]
    bottom = [(f'{name_a}, restored', result.restored[name_a]), (f'{name_b}, restored', result.restored[name_b]),
              (f'weight of {name_a}', weights)]
    return [top, bottom]


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--task', default='ivf', choices=sorted(COLOUR_SOURCE))
    parser.add_argument('--number', type=int, default=0, help='which generated pair')
    parser.add_argument('--size', type=int, nargs=2, default=(288, 384), metavar=('H', 'W'))
    parser.add_argument('--out', type=Path, default=Path('docs/images/fused.png'))
    args = parser.parse_args(argv)
    try:
        inferencer = FusionInferencer(args.task)
    except UserError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    pairs = EmbeddedPairs(args.task, 'test', args.number + 1, args.size)
    pair = pairs.render(pairs.stems[args.number])
    observed = [degraded(image, i == 0, name) for i, (name, image) in enumerate(pair.items())]
    result = inferencer(*observed, degradation='composite')
    write_png(args.out, draw_grid(rows(pair, observed, result)))
    print(f'{args.out}: generated pair {pairs.stems[args.number]}, composite, model {result.report["model"]} '
          f'({result.report["weights_sha256"][:12]}), {date.today()}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
