"""Measure what the fast forms of a network change in the fused picture: may ``--precision auto`` choose bfloat16?

python tools/analysis_tools/measure_precision.py --pairs IR_FOLDER VIS_FOLDER [--model ivf] [--presets noise composite]

Clean pairs are degraded as each preset says and fused three times: by the network as it was trained, in float32, and by
its fast forms in float32 and bfloat16. The exit code is 0 if for every pair and preset no pixel of bfloat16's fused
luminance moves by more than 2 of 255 levels and 99.9 % by at most 1; then the model's entry in metafile.yml may say
``Bfloat16: true``. At least five pairs are asked for. ``--rule SHAPES.json`` fills the paper's network by the rule of
the parity data (names and shapes of the release's parameters) in place of a checkpoint. ``--json FILE --label NAME``
keeps the result under a name; docs/performance.md (``--page``) shows all results of that file.
"""

import argparse
import datetime
import json
import tempfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch

from drfuse.apis import FusionInferencer, as_picture
from drfuse.apis.degradation_spec import PRESETS
from drfuse.apis.pairs import match_sources
from drfuse.benchmark.page import table, update_page
from drfuse.degradations import Degradation
from drfuse.models.official_weights import convert_official_state_dict
from drfuse.utils.checkpoint import write_atomic
from drfuse.utils.environment import machine
from drfuse.utils.seed import keyed_generator

MOST, USUAL, SHARE, PAIRS = 2.0, 1.0, 0.999, 5
PRECISIONS = ('float32', 'bfloat16')
MARKS = '<!-- precision: begin -->', '<!-- precision: end -->'


def errors(single: np.ndarray, half: np.ndarray) -> dict[str, float]:
    """Return the largest difference in levels of 255, and the share of pixels within one level."""
    levels = 255 * np.abs(single.astype(np.float64) - half)
    return dict(largest=float(levels.max()), within_one=float((levels <= USUAL).mean()))


def keeps(rows: list[dict[str, float]]) -> bool:
    """Whether the rule holds for all."""
    return all(row['largest'] <= MOST and row['within_one'] >= SHARE for row in rows)


def degraded(file: Path, preset: str, side: int | None) -> torch.Tensor:
    """Return the picture of a file (C, H, W), or the middle of it, with blur and noise of a preset in 8-bit steps."""
    clean = as_picture(file, 'a picture').to_tensor()[None]
    if side is not None:
        top, left = (max(n - side, 0) // 2 for n in clean.shape[-2:])
        clean = clean[..., top:top + side, left:left + side]
    sigma, variance = PRESETS[preset]
    stages: list[dict] = [] if sigma is None else [dict(type='GaussianBlur', sigma=sigma, kernel_size=21)]
    stages += [] if variance is None else [dict(type='GaussianNoise', sigma=variance**0.5)]
    degradation = Degradation(stages)
    image = degradation.degrade(clean, degradation.sample_params(), keyed_generator('precision', file.stem))
    return (255 * image[0].clamp(0, 1)).round() / 255


def rule_weights(shapes: Path, target: Path) -> Path:
    """Write the network whose parameters follow from their names: scaled normal numbers, keyed by CRC-32."""
    state = {}
    for name, shape in json.loads(shapes.read_text()).items():
        z = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(int(np.prod(shape))).reshape(shape)
        if len(shape) > 1:
            z = z / np.sqrt(np.prod(shape[1:]))
        else:
            z = 0.5 + 0.1 * np.tanh(z) if name == 'alpha' else 0.1 * z + name.endswith('weight')
        state[name] = torch.from_numpy(z.astype(np.float32))
    torch.save(dict(state_dict=convert_official_state_dict(state).state_dict, meta={}), target)
    return target


def summary(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the worst of both measures over all pairs and presets, by precision."""
    found = {}
    for precision in PRECISIONS:
        own = [row for row in rows if row['precision'] == precision]
        found[precision] = dict(largest=max(row['largest'] for row in own), keeps=keeps(own),
                                within_one=min(row['within_one'] for row in own))
    return found


def text(results: dict[str, Any]) -> str:
    """Return the results of all models as Markdown."""
    rows = [[name, result['sha256'][:12], precision, f'{result["pairs"]}: {", ".join(result["presets"])}',
             f'{found["largest"]:.2f}', f'{found["within_one"]:.3%}', 'yes' if found['keeps'] else '**no**']
            for name, result in results.items() for precision, found in result['found'].items()]
    notes = dict.fromkeys(f'{result["machine"]}; {result["date"]}.' for result in results.values())
    return '\n'.join([*table(['weights', 'SHA-256', 'precision', 'pairs and presets', 'largest change, levels',
                              'pixels within one level, least', 'rule kept'], rows), '', *notes])


def keep(result: dict[str, Any], label: str, file: Path, page: Path | None) -> None:
    """Add a result to a file, in place of an earlier one of this name, and show all of them on the page."""
    results = json.loads(file.read_text()) if file.is_file() else {}
    results[label] = result
    write_atomic(json.dumps(results, indent=1) + '\n', file)
    if page is not None:
        update_page(page, text(results), MARKS)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--pairs', nargs=2, required=True, metavar=('A', 'B'), help='folders of clean pairs')
    parser.add_argument('--model', default='ivf', help='name or config')
    parser.add_argument('--weights', type=Path, help='checkpoint')
    parser.add_argument('--rule', type=Path, metavar='SHAPES.json', help='weights by rule, for the paper network')
    parser.add_argument('--folder', type=Path, help='folder of metafile.yml and weights')
    parser.add_argument('--presets', nargs='+', default=list(PRESETS), choices=PRESETS, help='what is done to them')
    parser.add_argument('--number', type=int, default=PAIRS, help='pairs to measure, at least 5')
    parser.add_argument('--side', type=int, help='only the middle of every picture, of so many pixels')
    parser.add_argument('--json', type=Path, help='adds the result to this file')
    parser.add_argument('--label', help='name of the result there; default: the model')
    parser.add_argument('--page', type=Path, help='Markdown page that shows all results of that file')
    return parser


def measure(plain: FusionInferencer, fast: list[FusionInferencer], pairs: list[Any],
            args: argparse.Namespace) -> list[dict[str, Any]]:
    """Fuse every pair under every preset; return a row for each of the fast forms, and print it."""
    rows: list[dict[str, Any]] = []
    for preset in args.presets:
        for pair in pairs:
            sources = [degraded(Path(source), preset, args.side) for source in pair[1:]]
            expected = plain(*sources, preset).luminance['fused']
            rows += [dict(errors(expected, run(*sources, preset).luminance['fused']), precision=run.precision,
                          pair=pair.name, preset=preset) for run in fast]
            print(*(json.dumps(row) for row in rows[-len(fast):]), sep='\n', flush=True)
    return rows


def main() -> int:
    """Measure, print a line a pair, and return 0 if the rule holds."""
    parser = build_parser()
    args = parser.parse_args()
    pairs = match_sources(*args.pairs).pairs[:args.number]
    if len(pairs) < PAIRS:
        parser.error(f'at least {PAIRS} pairs are needed, got {len(pairs)}')
    if args.page and not args.json:
        parser.error('--page shows what --json keeps: name both')
    with tempfile.TemporaryDirectory() as folder:
        weights = rule_weights(args.rule, Path(folder, 'rule.pth')) if args.rule else args.weights
        plain, *fast = (FusionInferencer(args.model, weights, 'cpu', precision, args.folder, accelerated=accelerated)
                        for precision, accelerated in (('float32', False), *((p, True) for p in PRECISIONS)))
    rows = measure(plain, fast, pairs, args)
    found = summary(rows)
    for precision, own in found.items():
        print(f'{args.model}, {precision}: at most {own["largest"]:.2f} levels, at least '
              f'{own["within_one"]:.4%} within one: {"kept" if own["keeps"] else "not kept"}')
    if args.json:
        result = dict(model=args.model, sha256=plain.loaded.sha256, pairs=len(pairs), presets=args.presets,
                      side=args.side, found=found, rows=rows, machine=machine(),
                      date=datetime.date.today().isoformat())
        keep(result, args.label or args.model, args.json, args.page)
    return 0 if found['bfloat16']['keeps'] else 1


if __name__ == '__main__':
    raise SystemExit(main())
