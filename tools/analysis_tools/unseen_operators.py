"""How well a model restores through operators that it was never trained on, beside a classical method for each.

Defocus against the Wiener filter and A^+ y with the regularisation that is best on these very pairs, x3 low resolution
against bicubic enlargement, missing pixels against OpenCV's inpainting. Writes OUT.json and OUT.md.
"""

import argparse
import copy
import datetime
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.registry import init_default_scope
from rich.progress import track

from drfuse.apis.model_zoo import TASKS, LoadedModel, load_model
from drfuse.degradations import Observation
from drfuse.engine.app import OneLineParser, make_folder, run_app
from drfuse.evaluation.convention import source_to_uint8, to_uint8
from drfuse.evaluation.functional import psnr
from drfuse.evaluation.rivals.scenarios import Scenario
from drfuse.evaluation.study.tool import write_tables
from drfuse.registry import DATASETS, RESTORERS
from drfuse.utils.environment import machine

Restore = Callable[[Observation], torch.Tensor]
OPERATORS = {
    'defocus': dict(type='DefocusBlur', radius=3.0),
    'low resolution x3': dict(type='AveragePool', factor=3),
    'missing pixels': dict(type='RandomMask', keep=0.5)}
SIGMAS = (0.0, 0.02)


def inpaint(observation: Observation, method: int) -> torch.Tensor:
    """Fill the missing pixels by OpenCV, within 3 pixels."""
    missing = observation.A.forward(torch.ones_like(observation.y))[0, 0] == 0
    filled = cv2.inpaint(to_uint8(observation.y[0, 0].clamp(0, 1)), missing.numpy().astype(np.uint8), 3, method)
    return torch.from_numpy(filled)[None, None] / 255


def rivals(operator: str) -> dict[str, Restore]:
    """Return the classical methods for an operator."""
    if operator == 'missing pixels':
        return {'inpainting (Telea)': lambda o: inpaint(o, cv2.INPAINT_TELEA),
                'inpainting (Navier-Stokes)': lambda o: inpaint(o, cv2.INPAINT_NS)}
    if operator == 'low resolution x3':
        return {'bicubic': RESTORERS.build(dict(type='Bicubic'))}
    wiener = {f'Wiener {w:g}': RESTORERS.build(dict(type='Wiener', weight=w))
              for w in (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3)}
    pinv = {f'A^+ y, gamma={g:g}': RESTORERS.build(dict(type='PseudoInverse', gamma=g))
            for g in (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)}
    return {**wiener, **pinv}


def samples(args: argparse.Namespace, operator: dict[str, Any], sigma: float) -> Iterator[dict[str, Any]]:
    """Yield the pairs, both sources degraded by the operator, then noise and truncation to 8 bits."""
    cfg = Scenario(args.task, 'clean', args.data_root, args.split, args.pairs).dataset_config()
    noise = [dict(type='GaussianNoise', sigma=sigma)] * (sigma > 0)
    stages = [operator, *noise, dict(type='Floor')]
    cfg['degradations'] = {name: copy.deepcopy(stages) for name in TASKS[args.task]}
    dataset = DATASETS.build(cfg)
    yield from (dataset[i] for i in track(range(len(dataset)), f'{operator["type"]}, sigma {sigma}'))


@torch.no_grad()
def measure_operator(args: argparse.Namespace, zoo: LoadedModel, name: str, sigma: float) -> list[dict[str, Any]]:
    """Return a row a source: mean PSNR of the model and of the best classical method."""
    methods, scores = rivals(name), {}
    for sample in samples(args, OPERATORS[name], sigma):
        inputs, clean = sample['inputs'], sample['data_samples'].gt_sources
        restored = zoo.model(inputs, mode='tensor').sources
        for i, (source, observation) in enumerate(inputs.items()):
            truth = source_to_uint8(clean[i])
            images = {'drfuse': restored[i], **{key: restore(observation) for key, restore in methods.items()}}
            for key, image in images.items():
                value = float(psnr(to_uint8(image[0, 0].clamp(0, 1)), truth))
                scores.setdefault((source, key), []).append(value)
    rows = []
    for source in inputs:
        means = {key: float(np.mean(values)) for (owner, key), values in scores.items() if owner == source}
        ours = means.pop('drfuse')
        best = max(means, key=means.__getitem__)
        rows.append(dict(operator=name, sigma=sigma, source=source, images=len(scores[source, best]), drfuse=ours,
                         rival=best, rival_psnr=means[best], gain=ours - means[best]))
    return rows


def page(result: dict[str, Any]) -> str:
    """Return the table as Markdown."""
    lines = [f'Operators that `{result["model"]}` (SHA-256 {result["sha256"][:12]}) was never trained on. '
             f'{result["images"]} pairs ({result["pairs"]}). Machine: {result["machine"]}. Written {result["date"]} by '
             '`tools/analysis_tools/unseen_operators.py`.', '',
             'PSNR in dB of the restored sources; classical methods have the settings that are best here.', '',
             '| operator | noise sigma | source | best classical | its PSNR | drfuse | gain |',
             '|---|---|---|---|---|---|---|']
    lines += [f'| {r["operator"]} | {r["sigma"]:g} | {r["source"]} | {r["rival"]} | {r["rival_psnr"]:.2f} | '
              f'{r["drfuse"]:.2f} | {r["gain"]:+.2f} |' for r in result['rows']]
    return '\n'.join(lines) + '\n'


def run(args: argparse.Namespace) -> None:
    """Measure and write both files."""
    make_folder(Path(args.out).parent, '--out folder')
    init_default_scope('drfuse')
    torch.set_num_threads(args.threads)
    zoo = load_model(args.model, args.weights, 'cpu')
    rows = [row for name in OPERATORS for sigma in SIGMAS for row in measure_operator(args, zoo, name, sigma)]
    result = dict(model=args.model, sha256=zoo.sha256, pairs=args.pairs or f'{args.task} {args.split}',
                  images=rows[0]['images'], machine=machine(), date=datetime.date.today().isoformat(), rows=rows)
    write_tables(args.out, result, page(result))


def main(argv: list[str] | None = None) -> int:
    """Parse the arguments and run; return the exit code."""
    parser = OneLineParser(prog='unseen_operators.py', description=__doc__)
    parser.add_argument('task', choices=('ivf', 'mif'))
    parser.add_argument('--model', required=True, help='name of a shipped model')
    parser.add_argument('--weights', help='another checkpoint of this model')
    parser.add_argument('--data-root', required=True, help='folder of RoadScene (ivf) or Harvard PET-MRI (mif)')
    parser.add_argument('--split', choices=('train', 'test'), default='test')
    parser.add_argument('--pairs', default='', help='list of stems; default: all pairs of the split')
    parser.add_argument('--out', required=True, help='results go to OUT.json and OUT.md')
    parser.add_argument('--threads', type=int, default=1)
    return run_app(lambda: run(parser.parse_args(argv)))


if __name__ == '__main__':
    sys.exit(main())
