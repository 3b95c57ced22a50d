"""Measure speed and memory, and write them into docs/performance.md: ``drfuse bench`` with the page of the repository.

python tools/analysis_tools/benchmark.py [--quick] [--only PART,...] [--repeats N] [--add]

Every number is in docs/results/performance.json; what is measured with --only is replaced there, the rest kept.
"""

import argparse
from pathlib import Path

from drfuse.cli.bench_run import Request, run

DOCS = Path(__file__).resolve().parents[2] / 'docs'


def main() -> int:
    """Parse the arguments and measure; page and file are left alone by --quick."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--quick', action='store_true', help='small pictures, few runs; the page stays as it is')
    parser.add_argument('--only', default='', metavar='PART,...', help='measure these parts alone')
    parser.add_argument('--repeats', type=int, help='runs of each that count')
    parser.add_argument('--add', action='store_true', help='add times of the pipelines to those in the file')
    args = parser.parse_args()
    parts = tuple(filter(None, args.only.split(',')))
    if args.quick:
        return run(Request(quick=True, only=parts, repeats=args.repeats))
    return run(Request(DOCS / 'results' / 'performance.json', DOCS / 'performance.md',
                       DOCS / 'images' / 'performance.svg', only=parts, repeats=args.repeats, add=args.add))


if __name__ == '__main__':
    raise SystemExit(main())
