r"""How well the medical model restores heads that it has never seen: slices of SPECT-MRI and CT-MRI, beside PET-MRI.

Each set is degraded by the paper's scenarios; the emission or CT image takes the place of the PET. Beside the model the
observation, enlarged where it is small, and total variation with the settings that a comparison chose for PET-MRI.
Writes OUT.json and OUT.md.

python tools/analysis_tools/other_subjects.py --data-root DATA --choice docs/results/rivals_mif.json \
    --out docs/results/other_subjects_mif
"""

import argparse
import datetime
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.registry import init_default_scope
from rich.progress import track

from drfuse.apis.model_zoo import LoadedModel, load_model
from drfuse.engine.app import OneLineParser, make_folder, run_app
from drfuse.evaluation.convention import source_to_uint8, to_uint8
from drfuse.evaluation.functional import psnr
from drfuse.evaluation.rivals.scenarios import Scenario
from drfuse.evaluation.study.tool import write_tables
from drfuse.registry import DATASETS, RESTORERS
from drfuse.utils.config import UserError
from drfuse.utils.environment import machine

NAMES, RIVAL = ('noise', 'blur', 'composite'), 'total_variation'
SETS = {
    'PET-MRI': ('HarvardPETMRIDataset', 'pet', 'splits/petmri_val.txt'),
    'SPECT-MRI': ('HarvardSPECTMRIDataset', 'spect', 'splits/spectmri_other.txt'),
    'CT-MRI': ('HarvardCTMRIDataset', 'ct', 'splits/ctmri_other.txt')}
"""Set to its class, its first modality, and the slices: of PET-MRI known heads, of the others one head held back."""


def dataset_of(data_root: str, name: str, scenario: str) -> Any:
    """Return the slices of a set, degraded as the scenario says of PET-MRI."""
    kind, first, pairs = SETS[name]
    cfg = Scenario('mif', scenario, str(Path(data_root, 'Harvard', name)), 'train', pairs).dataset_config()
    stages = cfg['degradations']
    return DATASETS.build(dict(cfg, type=kind, degradations={first: stages['pet'], 'mri': stages['mri']}))


@torch.no_grad()
def measure(args: argparse.Namespace, zoo: LoadedModel, choices: dict[str, Any], name: str,
            scenario: str) -> list[dict[str, Any]]:
    """Return a row a source: mean PSNR in dB of the observation, the rival and the model."""
    dataset, scores = dataset_of(args.data_root, name, scenario), {}
    restorers = [RESTORERS.build(choices[scenario][source]['families'][RIVAL]['restorer']) for source in ('pet', 'mri')]
    nothing = RESTORERS.build(dict(type='Bicubic'))
    for i in track(range(0, len(dataset), args.every), f'{name}, {scenario}'):
        sample = dataset[i]
        images = zoo.model(sample['inputs'], mode='tensor').sources
        for (source, observation), restorer, ours, clean in zip(
                sample['inputs'].items(), restorers, images, sample['data_samples'].gt_sources, strict=True):
            truth = source_to_uint8(clean)
            found = dict(observed=nothing(observation), rival=restorer(observation), drfuse=ours)
            for kind, image in found.items():
                value = min(float(psnr(to_uint8(image[0, 0].clamp(0, 1)), truth)), 100.0)
                scores.setdefault(source, {}).setdefault(kind, []).append(value)
    return [dict(set=name, scenario=scenario, source=source, images=len(own['drfuse']),
                 **{kind: float(np.mean(values)) for kind, values in own.items()}) for source, own in scores.items()]


def page(result: dict[str, Any]) -> str:
    """Return the table as Markdown."""
    lines = [f'Heads that `{result["model"]}` (SHA-256 {result["sha256"][:12]}) was not trained on (SPECT-MRI, CT-MRI: '
             'one of each set), beside validation slices of heads that it knows (PET-MRI). Machine: '
             f'{result["machine"]}. Written {result["date"]} by `tools/analysis_tools/other_subjects.py`.', '',
             'PSNR in dB of the restored sources; total variation has the settings that were chosen on PET-MRI.', '',
             '| set | slices | scenario | source | observed | total variation | drfuse | gain |',
             '|---|---|---|---|---|---|---|---|']
    lines += [f'| {r["set"]} | {r["images"]} | {r["scenario"]} | {r["source"]} | {r["observed"]:.2f} | '
              f'{r["rival"]:.2f} | {r["drfuse"]:.2f} | {r["drfuse"] - r["rival"]:+.2f} |' for r in result['rows']]
    return '\n'.join([*lines, ''])


def run(args: argparse.Namespace) -> None:
    """Measure and write both files.

    Raises:
        UserError: If there is no choice of restorers.
    """
    if not Path(args.choice).is_file():
        raise UserError(f'--choice {args.choice} does not exist; compare_methods.py mif --choose writes it')
    make_folder(Path(args.out).parent, '--out folder')
    init_default_scope('drfuse')
    torch.set_num_threads(args.threads)
    zoo, choices = load_model(args.model, args.weights, 'cpu'), json.loads(Path(args.choice).read_text())['choices']
    rows = [row for name in SETS for scenario in NAMES for row in measure(args, zoo, choices, name, scenario)]
    result = dict(model=args.model, sha256=zoo.sha256, machine=machine(), date=datetime.date.today().isoformat(),
                  rows=rows)
    write_tables(args.out, result, page(result))


def main(argv: list[str] | None = None) -> int:
    """Parse the arguments and run; return the exit code."""
    parser = OneLineParser(prog='other_subjects.py', description=__doc__,
                           formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--model', default='mif', help='name of a shipped model, or a config')
    parser.add_argument('--weights', help='another checkpoint of this model')
    parser.add_argument('--data-root', required=True, help='folder that holds Harvard/{PET,SPECT,CT}-MRI')
    parser.add_argument('--choice', required=True, metavar='CHOICE.json', help='what compare_methods.py mif chose')
    parser.add_argument('--every', type=int, default=1, help='measure every such slice')
    parser.add_argument('--out', required=True, help='results go to OUT.json and OUT.md')
    parser.add_argument('--threads', type=int, default=1)
    return run_app(lambda: run(parser.parse_args(argv)))


if __name__ == '__main__':
    sys.exit(main())
