"""Turn a checkpoint of a training run into shipped weights, and enter them in the metafile.

Usage: python tools/model_converters/publish.py RUN/iter_9500.pth ivf --config configs/light/ivf.py --task ivf \
           --summary "0.54 M parameters, any blur, noise and factor"
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
import yaml

from drfuse.apis.model_zoo import METAFILE, TASKS, zoo_folder
from drfuse.utils.checkpoint import file_sha256, model_weights, read_checkpoint, save_atomic, write_atomic
from drfuse.utils.config import UserError

LARGEST_MIB = 6
TOLERANCE = 1e-6


def strip(source: Path, half: bool) -> dict:
    """Return what is shipped of a checkpoint: the weights (averaged ones, where the run kept an average) and facts.

    Raises:
        UserError: If the file is no checkpoint.
    """
    checkpoint = read_checkpoint(source)
    dtype = torch.float16 if half else torch.float32
    weights = {name: value.to(dtype) if value.is_floating_point() else value
               for name, value in model_weights(checkpoint).items()}
    meta = checkpoint.get('meta', {})
    facts = {key: meta[key] for key in ('iter', 'seed', 'data', 'drfuse_version') if key in meta}
    return dict(meta=facts, state_dict=weights)


def average(contents: Sequence[dict], shares: Sequence[float] | None = None) -> dict:
    """Return the first checkpoint with the mean weights of all, each counting by its share; None = all alike.

    M. Wortsman et al., "Model soups: averaging weights of multiple fine-tuned models improves accuracy without
    increasing inference time", ICML 2022; meant for runs that start from the same weights.

    Raises:
        UserError: If names or shapes differ, or the shares are not one a checkpoint, positive and of sum 1.
    """
    shares = [1 / len(contents)] * len(contents) if shares is None else list(shares)
    if len(shares) != len(contents) or min(shares) <= 0 or abs(sum(shares) - 1) > TOLERANCE:
        raise UserError(f'--shares needs {len(contents)} positive numbers of sum 1, one a checkpoint, got '
                        f'{" ".join(map(str, shares))}')
    states = [content['state_dict'] for content in contents]
    shapes = [{name: value.shape for name, value in state.items()} for state in states]
    if any(other != shapes[0] for other in shapes):
        raise UserError('the weights to average differ in names or shapes: they must come from one model')
    mean = {name: sum(share * state[name] for share, state in zip(shares, states, strict=True))
            if value.is_floating_point() else value for name, value in states[0].items()}
    return dict(contents[0], state_dict=mean)


def enter(metafile: Path, entry: dict) -> None:
    """Replace or add an entry of the metafile; its comment at the top stays."""
    text = metafile.read_text(encoding='utf-8')
    head = ''.join(line for line in text.splitlines(keepends=True) if line.startswith('#'))
    models = [m for m in (yaml.safe_load(text) or {}).get('Models') or [] if m['Name'] != entry['Name']]
    models = sorted([*models, entry], key=lambda m: m['Name'])
    write_atomic(head + yaml.safe_dump(dict(Models=models), sort_keys=False, width=1000), metafile)


def publish(args: argparse.Namespace) -> str:
    """Write the weights and the entry; return a one-line report.

    Raises:
        UserError: If the weights are too large to ship, or the folder has no metafile.
    """
    folder = zoo_folder(args.folder)
    metafile, target = folder / METAFILE, folder / f'{args.name}.pth'
    if not metafile.is_file():
        raise UserError(f'no list of models {metafile}')
    content = average([strip(source, args.half) for source in (args.checkpoint, *args.average)], args.shares)
    size = sum(v.numel() * v.element_size() for v in content['state_dict'].values()) / 2**20
    if size > LARGEST_MIB:
        raise UserError(f'{args.checkpoint}: {size:.1f} MiB of weights, at most {LARGEST_MIB} are shipped; try --half')
    save_atomic(content, target)
    if args.unlisted:
        return f'{target}: {size:.2f} MiB, {len(content["state_dict"])} tensors, not in the list of models'
    enter(metafile, dict(Name=args.name, Config=args.config, Weights=target.name, SHA256=file_sha256(target),
                         Task=args.task, Modalities=list(TASKS[args.task]), Summary=args.summary))
    return f'{target}: {size:.2f} MiB, {len(content["state_dict"])} tensors'


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description='Turn a checkpoint into shipped weights.')
    parser.add_argument('checkpoint', type=Path)
    parser.add_argument('name', help='how users call the model')
    parser.add_argument('--config', required=True, help='config file, relative to the folder of configs/')
    parser.add_argument('--task', required=True, choices=sorted(TASKS))
    parser.add_argument('--summary', required=True, help='one line for people')
    parser.add_argument('--average', nargs='+', type=Path, default=[], metavar='CHECKPOINT',
                        help='ship the mean weights of these and the first')
    parser.add_argument('--shares', nargs='+', type=float, metavar='S',
                        help='by how much each of them counts, the first and those of --average; default: alike')
    parser.add_argument('--half', action='store_true', help='half precision on disk')
    parser.add_argument('--unlisted', action='store_true', help='a rival for comparisons: no entry in the metafile')
    parser.add_argument('--folder', type=Path, help="folder of weights; default: drfuse's own")
    try:
        print(publish(parser.parse_args(argv)))
    except (UserError, FileNotFoundError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    sys.exit(main())
