"""What the tools have in common that measure a trained model: their arguments, and the two files that they write."""

from __future__ import annotations

import argparse
import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from mmengine.registry import init_default_scope

from drfuse.apis.model_zoo import LoadedModel, load_model
from drfuse.engine.app import OneLineParser, make_folder
from drfuse.evaluation.study.plan import VALIDATION
from drfuse.utils.checkpoint import write_atomic
from drfuse.utils.environment import machine


def validation_parser(prog: str, description: str | None) -> OneLineParser:
    """Return the parser of a tool that restores validation pairs with a model."""
    parser = OneLineParser(prog=prog, description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('task', choices=tuple(VALIDATION))
    parser.add_argument('--model', required=True, help='name of a shipped model, or a config')
    parser.add_argument('--weights', help='another checkpoint of this model')
    parser.add_argument('--data-root', required=True, help='folder of RoadScene (ivf) or Harvard PET-MRI (mif)')
    parser.add_argument('--pairs', default='', help='list of stems of training pairs; default: the validation list')
    parser.add_argument('--every', type=int, default=1, help='measure every such pair')
    parser.add_argument('--out', required=True, help='results go to OUT.json and OUT.md')
    parser.add_argument('--threads', type=int, default=1)
    return parser


def pairs_of(args: argparse.Namespace) -> str:
    """Return the list of pairs that is asked for, or that of validation."""
    return args.pairs or VALIDATION[args.task][1]


def measure_validation(args: argparse.Namespace, rows_of: Callable[[LoadedModel], list[dict[str, Any]]],
                       page: Callable[[dict[str, Any]], str], **more: Any) -> None:
    """Load the model that is asked for, measure it on validation pairs, and write both files.

    Args:
        args: Of :func:`validation_parser`.
        rows_of: Measures the model; the rows of the result.
        page: Returns the result as Markdown.
        more: Further entries of the result.
    """
    make_folder(Path(args.out).parent, '--out folder')
    init_default_scope('drfuse')
    torch.set_num_threads(args.threads)
    zoo = load_model(args.model, args.weights, 'cpu')
    result = dict(model=args.model, sha256=zoo.sha256, pairs=pairs_of(args), **more, machine=machine(),
                  date=datetime.date.today().isoformat(), rows=rows_of(zoo))
    write_tables(args.out, result, page(result))


def write_tables(out: str, result: dict[str, Any], text: str) -> None:
    """Write a result to OUT.json and its tables to OUT.md, and print the tables."""
    write_atomic(json.dumps(result, indent=1) + '\n', Path(f'{out}.json'))
    write_atomic(text, Path(f'{out}.md'))
    print(text)
