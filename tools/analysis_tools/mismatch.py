"""How well a model restores when what it is told of blur and noise is wrong.

Every observation says what the scenario says; what was done to the image is a factor times that: 0 = nothing, 0.5 =
half as wide a blur and half the noise, 1 = what is told. Beside it the observation itself, enlarged where it is small,
and the misfit that warnings of `drfuse fuse` go by.
Writes OUT.json and OUT.md.

python tools/analysis_tools/mismatch.py ivf --model ivf --data-root ROADSCENE --out docs/results/mismatch_ivf
"""

import argparse
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from rich.progress import track

from drfuse.apis.fit import LIMIT, measure_misfit
from drfuse.apis.model_zoo import LoadedModel
from drfuse.engine.app import run_app
from drfuse.evaluation.convention import source_to_uint8, to_uint8
from drfuse.evaluation.functional import psnr
from drfuse.evaluation.rivals.scenarios import Scenario
from drfuse.evaluation.study.tool import measure_validation, pairs_of, validation_parser
from drfuse.registry import DATASETS, RESTORERS

FACTORS = (0.0, 0.5, 0.8, 1.0, 1.25, 1.5)


def dataset_of(args: argparse.Namespace, scenario: str, factor: float) -> Any:
    """Return the pairs of a scenario, every stage ``factor`` times as strong as is told."""
    cfg = Scenario(args.task, scenario, args.data_root, 'train', pairs_of(args)).dataset_config()
    return DATASETS.build(dict(cfg, mismatch=dict(factor=(factor, factor), prob=1.0)))


@torch.no_grad()
def measure(args: argparse.Namespace, zoo: LoadedModel, scenario: str, factor: float) -> list[dict[str, Any]]:
    """Return a row a source: mean PSNR of the restored image and of the observation, and the misfits of all pairs."""
    dataset, nothing, scores = dataset_of(args, scenario, factor), RESTORERS.build(dict(type='Bicubic')), {}
    misfits: dict[str, list[float]] = {}
    for i in track(range(0, len(dataset), args.every), f'{scenario}, {factor} of what is told'):
        sample = dataset[i]
        restored = zoo.model(sample['inputs'], mode='tensor').sources
        for image, clean, (source, observation) in zip(restored, sample['data_samples'].gt_sources,
                                                       sample['inputs'].items(), strict=True):
            truth = source_to_uint8(clean)
            misfits.setdefault(source, []).append(measure_misfit(observation, image).ratio)
            for kind, found in (('restored', image), ('observed', nothing(observation))):
                value = min(float(psnr(to_uint8(found[0, 0].clamp(0, 1)), truth)), 100.0)
                scores.setdefault((source, kind), []).append(value)
    return [dict(scenario=scenario, factor=factor, source=source, images=len(scores[source, 'restored']),
                 restored=float(np.mean(scores[source, 'restored'])),
                 observed=float(np.mean(scores[source, 'observed'])), misfits=misfits[source])
            for source in sample['inputs']]


def page(result: dict[str, Any]) -> str:
    """Return the table as Markdown."""
    rows = result['rows']
    head = [f'What `{result["model"]}` (SHA-256 {result["sha256"][:12]}) makes of observations whose blur and noise '
            f'are a factor times what it is told. {rows[0]["images"]} pairs ({result["pairs"]}). Machine: '
            f'{result["machine"]}. Written {result["date"]} by `tools/analysis_tools/mismatch.py`.', '',
            'PSNR in dB of the restored source, and in brackets that of the observation.', '',
            '| scenario told | source | ' + ' | '.join(f'{f:g}' for f in result['factors']) + ' |',
            '|---|---|' + '---|' * len(result['factors'])]
    return '\n'.join([*head, *_lines(rows, lambda r: f'{r["restored"]:.2f} ({r["observed"]:.2f})'), '',
                      'Misfit of A x and y, in multiples of what noise explains, least to largest over the pairs; '
                      f'`drfuse fuse` warns from {LIMIT:g} on.', '', *head[-2:],
                      *_lines(rows, lambda r: f'{min(r["misfits"]):.1f} - {max(r["misfits"]):.1f}'), ''])


def _lines(rows: list[dict[str, Any]], cell: Callable[[dict[str, Any]], str]) -> list[str]:
    keys = dict.fromkeys((r['scenario'], r['source']) for r in rows)
    return [f'| {scenario} | {source} | '
            + ' | '.join(cell(r) for r in rows if (r['scenario'], r['source']) == (scenario, source)) + ' |'
            for scenario, source in keys]


def run(args: argparse.Namespace) -> None:
    """Measure and write both files."""
    def rows(zoo: LoadedModel) -> list[dict[str, Any]]:
        return [row for name in ('noise', 'blur', 'composite') for factor in args.factors
                for row in measure(args, zoo, name, factor)]

    measure_validation(args, rows, page, factors=args.factors)


def main(argv: list[str] | None = None) -> int:
    """Parse the arguments and run; return the exit code."""
    parser = validation_parser('mismatch.py', __doc__)
    parser.add_argument('--factors', type=float, nargs='+', default=FACTORS, help='what is done, over what is told')
    return run_app(lambda: run(parser.parse_args(argv)))


if __name__ == '__main__':
    sys.exit(main())
