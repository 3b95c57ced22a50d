"""Draw the failures of a shipped model for its card: generated pairs, what was done to them, what the model made.

python tools/analysis_tools/failures.py --task ivf --out docs/images/failures_ivf.png

Every row is a case: one source clean, observed and restored, and the fused picture, the middle of each.
"""

import argparse
import sys
import warnings
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch

from drfuse.apis.fusion_inferencer import COLOUR_SOURCE, FusionInferencer
from drfuse.datasets.embedded import EmbeddedPairs
from drfuse.degradations import Degradation
from drfuse.utils.config import UserError
from drfuse.utils.seed import keyed_generator
from drfuse.visualization.image_writer import to_uint8, write_png
from drfuse.visualization.panel import draw_grid, enlarge_with_original

SIZE, SHOWN = (288, 384), (192, 256)


def blur(sigma: float) -> dict[str, Any]:
    """Return a Gaussian blur of so many pixels."""
    return dict(type='GaussianBlur', sigma=sigma, kernel_size=25)


def noise(levels: float) -> dict[str, Any]:
    """Return noise of so many levels of 255."""
    return dict(type='GaussianNoise', sigma=levels / 255)


@dataclass(frozen=True)
class Case:
    """A failure.

    Attributes:
        title: What it is.
        source: Position of the source that is shown.
        done: Stages that both sources go through.
        told: Stages that the model is told of.
        factor: Lost resolution of the first source.
    """

    title: str
    source: int
    done: tuple[dict[str, Any], ...]
    told: tuple[dict[str, Any], ...]
    factor: int = 1


STRONGEST = (blur(3.0), noise(25.0))
CASES = (Case('told twice the blur', 1, (blur(1.0),), (blur(2.0),)),
         Case('noise: fine texture', 1, (noise(14.0),), (noise(14.0),)),
         Case('all at its strongest', 0, STRONGEST, STRONGEST, factor=4))


def stages(case: Case, source: int, done: bool) -> list[dict[str, Any]]:
    """Return what is done to a source, or told of it."""
    pool = [dict(type='AveragePool', factor=case.factor)] if source == 0 and case.factor > 1 else []
    return [*(case.done if done else case.told), *pool]


def observed(image: np.ndarray, case: Case, source: int) -> np.ndarray:
    """Return an 8-bit image (H, W) or (H, W, 3) degraded, with fixed noise."""
    channels = torch.from_numpy(np.atleast_3d(image).astype(np.float64) / 255).permute(2, 0, 1)[None]
    degradation = Degradation([*stages(case, source, done=True), dict(type='Round')])
    generator = keyed_generator('failures', case.title, str(source))
    return to_uint8(degradation.degrade(channels, degradation.sample_params(generator), generator)[0].float())


def middle(image: np.ndarray) -> np.ndarray:
    """Return the middle of an image of SIZE, as large as SHOWN."""
    top, left = ((whole - part) // 2 for whole, part in zip(SIZE, SHOWN, strict=True))
    return image[top:top + SHOWN[0], left:left + SHOWN[1]]


def row(case: Case, inferencer: FusionInferencer, pair: dict[str, np.ndarray]) -> list[tuple[str, np.ndarray]]:
    """Return the labelled pictures of a case."""
    seen = [observed(image, case, i) for i, image in enumerate(pair.values())]
    result = inferencer(*seen, dict(a=stages(case, 0, done=False), b=stages(case, 1, done=False)))
    name = list(pair)[case.source]
    shown = enlarge_with_original(seen[case.source], SIZE) if case.factor > 1 else seen[case.source]
    pictures = ((f'{name}, clean', pair[name]), (case.title, shown), (f'{name}, restored', result.restored[name]),
                ('fused', result.fused))
    return [(title, middle(picture)) for title, picture in pictures]


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--task', default='ivf', choices=sorted(COLOUR_SOURCE))
    parser.add_argument('--number', type=int, default=0, help='which generated pair')
    parser.add_argument('--out', type=Path, required=True)
    args = parser.parse_args(argv)
    try:
        inferencer = FusionInferencer(args.task)
    except UserError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    pairs = EmbeddedPairs(args.task, 'test', args.number + 1, SIZE)
    pair = pairs.render(pairs.stems[args.number])
    warnings.filterwarnings('ignore', 'pair: source . does not look as if it was degraded')  # told wrongly, on purpose
    write_png(args.out, draw_grid([row(case, inferencer, pair) for case in CASES]))
    print(f'{args.out}: generated pair {pairs.stems[args.number]}, model {inferencer.loaded.name} '
          f'({inferencer.loaded.sha256[:12]}), {date.today()}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
