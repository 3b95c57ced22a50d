"""Measure speed and memory, and write them into docs/performance.md: ``drfuse bench`` with the page of the repository.

python tools/analysis_tools/benchmark.py [--quick] [--json FILE]
"""

import argparse
from pathlib import Path

from drfuse.cli.bench_run import run

DOCS = Path(__file__).resolve().parents[2] / 'docs'


def main() -> int:
    """Parse the arguments and measure; the page is only rewritten by a full run."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--quick', action='store_true', help='small pictures, few runs; the page stays as it is')
    parser.add_argument('--json', type=Path, help='file for every number')
    args = parser.parse_args()
    page, figure = (None, None) if args.quick else (DOCS / 'performance.md', DOCS / 'images' / 'performance.svg')
    return run(args.json, page, figure, args.quick)


if __name__ == '__main__':
    raise SystemExit(main())
