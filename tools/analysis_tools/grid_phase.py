r"""How much a model depends on where pictures start: restored PSNR of pictures that are cut off by some pixels.

A picture that was enlarged has a grid; a model that was trained on pictures of one place of the grid knows that place.
The validation pairs lose their first OFFSET rows and columns, are degraded as the scenarios of the paper say, and
restored. Writes OUT.json and OUT.md.

python tools/analysis_tools/grid_phase.py mif --model mif --data-root PET-MRI --out docs/results/grid_phase_mif
"""

import argparse
import sys
from typing import Any

import numpy as np
import torch
from mmcv.transforms import BaseTransform
from rich.progress import track

from drfuse.apis.model_zoo import LoadedModel
from drfuse.engine.app import run_app
from drfuse.evaluation.convention import source_to_uint8, to_uint8
from drfuse.evaluation.functional import psnr
from drfuse.evaluation.rivals.scenarios import Scenario
from drfuse.evaluation.study.tool import measure_validation, pairs_of, validation_parser
from drfuse.registry import DATASETS, TRANSFORMS

NAMES, OFFSETS = ('noise', 'blur', 'composite'), (0, 1, 2, 3)


@TRANSFORMS.register_module(force=True)
class CutStart(BaseTransform):
    """Cut off the first rows and columns, and so many of the last that all offsets leave the same size.

    Args:
        offset: Rows and columns, 0..3.
    """

    def __init__(self, offset: int) -> None:
        self.offset = offset

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Cut the images."""
        last = max(OFFSETS) + 1 - self.offset
        images = {name: image[:, self.offset:-last, self.offset:-last].contiguous()
                  for name, image in results['images'].items()}
        return dict(results, images=images)


@torch.no_grad()
def measure(args: argparse.Namespace, zoo: LoadedModel, name: str, offset: int) -> dict[str, Any]:
    """Return a row: mean PSNR in dB of every restored source."""
    cfg = Scenario(args.task, name, args.data_root, 'train', pairs_of(args)).dataset_config()
    cfg['pipeline'] = [cfg['pipeline'][0], dict(type='CutStart', offset=offset), *cfg['pipeline'][1:]]
    dataset, found = DATASETS.build(cfg), {}
    for i in track(range(0, len(dataset), args.every), f'{name}, {offset} px'):
        sample = dataset[i]
        restored = zoo.model(sample['inputs'], mode='tensor').sources
        for source, image, clean in zip(sample['inputs'], restored, sample['data_samples'].gt_sources, strict=True):
            found.setdefault(source, []).append(float(psnr(to_uint8(image[0, 0].clamp(0, 1)), source_to_uint8(clean))))
    return dict(scenario=name, offset=offset, images=len(found[source]),
                psnr={source: float(np.mean(values)) for source, values in found.items()})


def page(result: dict[str, Any]) -> str:
    """Return the table as Markdown."""
    rows = result['rows']
    lines = [f'Pictures that start some rows and columns later, restored by `{result["model"]}` (SHA-256 '
             f'{result["sha256"][:12]}), {rows[0]["images"]} pairs ({result["pairs"]}). Machine: {result["machine"]}. '
             f'Written {result["date"]} by `tools/analysis_tools/grid_phase.py`.', '',
             'PSNR in dB by the number of pixels that are cut off.', '',
             '| scenario | source | ' + ' | '.join(f'{offset} px' for offset in OFFSETS) + ' |',
             '|---|---|' + '---|' * len(OFFSETS)]
    for name in NAMES:
        own = {row['offset']: row['psnr'] for row in rows if row['scenario'] == name}
        lines += [f'| {name} | {source} | ' + ' | '.join(f'{own[offset][source]:.2f}' for offset in OFFSETS) + ' |'
                  for source in own[0]]
    return '\n'.join([*lines, ''])


def run(args: argparse.Namespace) -> None:
    """Measure and write both files."""
    measure_validation(
        args, lambda zoo: [measure(args, zoo, name, offset) for name in NAMES for offset in OFFSETS], page)


def main(argv: list[str] | None = None) -> int:
    """Parse the arguments and run; return the exit code."""
    parser = validation_parser('grid_phase.py', __doc__)
    return run_app(lambda: run(parser.parse_args(argv)))


if __name__ == '__main__':
    sys.exit(main())
