"""Measure what bfloat16 changes in the fused picture: may ``--precision auto`` choose it?

python tools/analysis_tools/measure_precision.py --pairs IR_FOLDER VIS_FOLDER [--model ivf] [--presets noise composite]

Exits with 0 if for every pair and preset no pixel of the fused luminance moves by more than 2 of 255 levels and 99.9 %
by at most 1; then the model's entry in metafile.yml may say ``Bfloat16: true``. At least five pairs are asked for.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from drfuse.apis import FusionInferencer
from drfuse.apis.pairs import match_sources

MOST, USUAL, SHARE, PAIRS = 2.0, 1.0, 0.999, 5


def errors(single: np.ndarray, half: np.ndarray) -> dict[str, float]:
    """Return the largest difference in levels of 255, and the share of pixels within one level."""
    levels = 255 * np.abs(single.astype(np.float64) - half)
    return dict(largest=float(levels.max()), within_one=float((levels <= USUAL).mean()))


def keeps(rows: list[dict[str, float]]) -> bool:
    """Whether the rule holds for all."""
    return all(row['largest'] <= MOST and row['within_one'] >= SHARE for row in rows)


def main() -> int:
    """Measure, print a line a pair, and return 0 if the rule holds."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--pairs', nargs=2, required=True, metavar=('A', 'B'), help='folders of clean pairs')
    parser.add_argument('--model', default='ivf', help='name or config')
    parser.add_argument('--weights', type=Path, help='checkpoint')
    parser.add_argument('--folder', type=Path, help='folder of metafile.yml and weights')
    parser.add_argument('--presets', nargs='+', default=['noise', 'blur'], help='degradations that are assumed')
    parser.add_argument('--number', type=int, default=PAIRS, help='pairs to measure, at least 5')
    args = parser.parse_args()
    runs = [FusionInferencer(args.model, args.weights, precision=p, folder=args.folder)
            for p in ('float32', 'bfloat16')]
    pairs = match_sources(*args.pairs).pairs[:args.number]
    if len(pairs) < PAIRS:
        parser.error(f'at least {PAIRS} pairs are needed, got {len(pairs)}')
    rows = []
    for preset in args.presets:
        for pair in pairs:
            single, half = (run(pair[1], pair[2], preset).luminance['fused'] for run in runs)
            rows.append(dict(errors(single, half), pair=pair.name, preset=preset))
            print(json.dumps(rows[-1]))
    verdict = keeps(rows)
    print(f'{args.model}: bfloat16 {"keeps" if verdict else "does not keep"} the accuracy')
    return 0 if verdict else 1


if __name__ == '__main__':
    raise SystemExit(main())
