r"""What the correction does at every step of a trained model: the estimates before and after it, in PSNR.

Restores the validation pairs in the scenarios of the paper, and compares the network's estimate of each source (Eq. 16)
with the corrected one (Eqs. 17 / 19) at every step. Writes OUT.json and OUT.md.

python tools/analysis_tools/correction_effect.py ivf --model ivf --data-root ROADSCENE \
    --out docs/results/correction_effect_ivf
"""

import argparse
import sys
from typing import Any

import numpy as np
import torch
from rich.progress import track

from drfuse.apis.model_zoo import LoadedModel
from drfuse.engine.app import run_app
from drfuse.evaluation.convention import source_to_uint8, to_uint8
from drfuse.evaluation.functional import psnr
from drfuse.evaluation.rivals.scenarios import Scenario
from drfuse.evaluation.study.tool import measure_validation, pairs_of, validation_parser
from drfuse.registry import DATASETS

NAMES = ('noise', 'blur', 'composite')


@torch.no_grad()
def measure(args: argparse.Namespace, zoo: LoadedModel, name: str) -> list[dict[str, Any]]:
    """Return a row a step and source: mean PSNR in dB before and after the correction, and its mean scale."""
    scenario = Scenario(args.task, name, args.data_root, 'train', pairs_of(args))
    dataset, found = DATASETS.build(scenario.dataset_config()), {}
    for i in track(range(0, len(dataset), args.every), name):
        sample = dataset[i]
        observations = list(zoo.model.data_preprocessor(dict(inputs=sample['inputs']))['inputs'].values())
        output = zoo.model.sampler(zoo.model.backbone, observations, return_trajectory=True)
        for k, (source, clean) in enumerate(zip(sample['inputs'], sample['data_samples'].gt_sources, strict=True)):
            truth = source_to_uint8(clean)
            for step in output.trajectory:
                values = [float(psnr(to_uint8(x[0, k].clamp(0, 1)), truth)) for x in (step.predicted, step.x0)]
                found.setdefault((source, step.t), []).append((*values, step.scales[k]))
    return [dict(scenario=name, source=source, step=t, images=len(values),
                 **dict(zip(('before', 'after', 'scale'), np.mean(values, 0).tolist(), strict=True)))
            for (source, t), values in found.items()]


def page(result: dict[str, Any]) -> str:
    """Return the table as Markdown."""
    rows = result['rows']
    steps = sorted({row['step'] for row in rows}, reverse=True)
    lines = [f'What the correction does to the estimates of `{result["model"]}` (SHA-256 {result["sha256"][:12]}), '
             f'{rows[0]["images"]} pairs ({result["pairs"]}). Machine: {result["machine"]}. Written {result["date"]} '
             'by `tools/analysis_tools/correction_effect.py`.', '',
             "PSNR in dB of the network's estimate at each step, of what the correction makes of it, and in brackets "
             'the mean scale.', '',
             '| scenario | source | ' + ' | '.join(f't = {t}' for t in steps) + ' |', '|---|---|' + '---|' * len(steps)]
    for scenario, source in dict.fromkeys((row['scenario'], row['source']) for row in rows):
        own = {row['step']: row for row in rows if (row['scenario'], row['source']) == (scenario, source)}
        cells = [f'{own[t]["before"]:.2f} to {own[t]["after"]:.2f} ({own[t]["scale"]:.3f})' for t in steps]
        lines.append(f'| {scenario} | {source} | ' + ' | '.join(cells) + ' |')
    return '\n'.join([*lines, ''])


def run(args: argparse.Namespace) -> None:
    """Measure and write both files."""
    measure_validation(args, lambda zoo: [row for name in NAMES for row in measure(args, zoo, name)], page)


def main(argv: list[str] | None = None) -> int:
    """Parse the arguments and run; return the exit code."""
    parser = validation_parser('correction_effect.py', __doc__)
    return run_app(lambda: run(parser.parse_args(argv)))


if __name__ == '__main__':
    sys.exit(main())
