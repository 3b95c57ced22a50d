"""Arrange a clone of xianming-gu/Havard-Medical-Image-Fusion-Datasets (PET-MRI, SPECT-MRI, CT-MRI)."""

import argparse
from pathlib import Path

from drfuse.datasets.arrange import arrange, find_folder

SETS = {'PET-MRI': ('PET', 'MRI'), 'SPECT-MRI': ('SPECT', 'MRI'), 'CT-MRI': ('CT', 'MRI')}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('source', type=Path, help='clone of the repository')
    parser.add_argument('--sets', nargs='+', choices=list(SETS), default=list(SETS))
    parser.add_argument('--out', type=Path, default=Path('data/Harvard'))
    parser.add_argument('--copy', action='store_true', help='copy the files instead of linking to them')
    args = parser.parse_args()
    for name in args.sets:
        plan = {split: {folder.lower(): find_folder(args.source, f'MyDatasets/{name}/{split}/{folder}')
                        for folder in SETS[name]} for split in ('train', 'test')}
        print(f'{args.out / name}: {arrange(plan, args.out / name, args.copy)} pairs')


if __name__ == '__main__':
    main()
