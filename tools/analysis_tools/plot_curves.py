"""Plot the curves of a training run: python tools/analysis_tools/plot_curves.py WORK_DIR --out curves.png."""

import argparse
import sys

from drfuse.engine.app import run_app
from drfuse.visualization.curves import plot_curves


def main(argv: list[str] | None = None) -> int:
    """Plot; return the exit code."""
    parser = argparse.ArgumentParser(description='Plot losses and metrics of a training run.')
    parser.add_argument('work_dir', help='work directory of the run')
    parser.add_argument('--out', default='curves.png', help='image file to write')
    parser.add_argument('--groups', nargs='+', default=['loss', 'psnr'], metavar='WORDS',
                        help='one plot each: words, joined by commas, found in the names of the curves')
    args = parser.parse_args(argv)
    groups = [group.split(',') for group in args.groups]
    return run_app(lambda: print(plot_curves(args.work_dir, args.out, groups)))


if __name__ == '__main__':
    sys.exit(main())
