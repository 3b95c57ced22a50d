"""Measure what bicubic y and A^+ y reach on the test pairs of a config.

The regularisation of A^+ is the best on the config's training pairs, uncropped.
"""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from drfuse.datasets import set_data_root
from drfuse.engine.app import run_app
from drfuse.evaluation.naive import measure_config
from drfuse.utils.checkpoint import write_atomic
from drfuse.utils.config import load_config


def main() -> None:
    """Parse the arguments, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config')
    parser.add_argument('--data-root', help='folder of the data set')
    parser.add_argument('--train-pairs', type=int, help='use the first N training pairs only')
    parser.add_argument('--out', help='JSON file to write')
    args = parser.parse_args()
    cfg = load_config(args.config)
    if args.data_root:
        set_data_root(cfg, args.data_root)
    report = measure_config(cfg, args.train_pairs)
    table = Table('modality', 'bicubic y (dB)', 'A^+ y (dB)', 'regularisation', 'best (dB)')
    for name, row in report.items():
        table.add_row(name, f'{row["psnr"]["bicubic y"]:.2f}', f'{row["psnr"]["A^+ y"]:.2f}', row['regularisation'],
                      f'{row["best"]:.2f}')
    Console().print(table)
    if args.out:
        write_atomic(json.dumps(report, indent=2), Path(args.out))

if __name__ == '__main__':
    sys.exit(run_app(main))
