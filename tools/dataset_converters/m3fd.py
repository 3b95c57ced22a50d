"""Arrange the unpacked M3FD archives: the 4200 detection pairs for training, the 300 fusion pairs for testing."""

import argparse
from pathlib import Path

from drfuse.datasets.arrange import arrange, find_folder


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('source', type=Path, help='folder that holds M3FD_Detection and M3FD_Fusion')
    parser.add_argument('--out', type=Path, default=Path('data/M3FD'))
    parser.add_argument('--copy', action='store_true', help='copy the files instead of linking to them')
    args = parser.parse_args()
    plan = {split: {'ir': find_folder(args.source, f'{part}/Ir'), 'vi': find_folder(args.source, f'{part}/Vis')}
            for split, part in (('train', 'M3FD_Detection'), ('test', 'M3FD_Fusion'))}
    print(f'{args.out}: {arrange(plan, args.out, args.copy)} pairs')


if __name__ == '__main__':
    main()
