"""Arrange a clone of hanna-xu/RoadScene: every 10th pair by name for testing, the others for training."""

import argparse
from pathlib import Path

from drfuse.datasets.arrange import arrange, find_folder


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('source', type=Path, help='clone of the repository')
    parser.add_argument('--out', type=Path, default=Path('data/RoadScene'))
    parser.add_argument('--copy', action='store_true', help='copy the files instead of linking to them')
    args = parser.parse_args()
    folders = {'ir': find_folder(args.source, 'cropinfrared'), 'vi': find_folder(args.source, 'crop_LR_visible')}
    counts = arrange({'train': folders, 'test': folders}, args.out, args.copy,
                     keep=lambda split, position: ((position + 1) % 10 == 0) == (split == 'test'))
    print(f'{args.out}: {counts} pairs')


if __name__ == '__main__':
    main()
