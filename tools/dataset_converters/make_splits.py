"""Write the lists of splits/: which pairs the shipped models are fitted on, and which choose between them."""

import argparse
from pathlib import Path

ROADSCENE_STEP, ROADSCENE_FIRST = 9, 4
"""Every 9th pair of the sorted training list, from the 5th on, is for validation."""

PET_BLOCK, PET_GAP = range(72, 81), 3
"""Slice numbers for validation in each of the three directions, and slices left out on both sides."""

OTHER_HEADS = {'SPECT-MRI': ('28',), 'CT-MRI': ('34',)}
"""Heads (the file name without its 3-digit slice number) that nobody is fitted on: the other-subject check."""


def stems(folder: Path) -> list[str]:
    """Return the sorted file stems of a folder."""
    return sorted(file.stem for file in folder.iterdir() if not file.name.startswith('.'))


def roadscene(root: Path) -> dict[str, list[str]]:
    """Return the fit and validation lists of RoadScene's training pairs."""
    names = stems(root / 'RoadScene/train/ir')
    val = names[ROADSCENE_FIRST::ROADSCENE_STEP]
    return dict(roadscene_val=val, roadscene_fit=[name for name in names if name not in val])


def pet_mri(root: Path) -> dict[str, list[str]]:
    """Return the lists of PET-MRI: one block of slices a direction, with a gap, as neighbours are alike."""
    names = stems(root / 'Harvard/PET-MRI/train/pet')
    near = range(PET_BLOCK.start - PET_GAP, PET_BLOCK.stop + PET_GAP)
    return dict(petmri_val=[n for n in names if int(n[-3:]) in PET_BLOCK],
                petmri_fit=[n for n in names if int(n[-3:]) not in near])


def heads(root: Path, name: str) -> dict[str, list[str]]:
    """Return the lists of a set with many heads: whole heads are held out."""
    names = stems(root / 'Harvard' / name / 'train/mri')
    other = [n for n in names if n[:-3] in OTHER_HEADS[name]]
    label = name.replace('-', '').lower()
    return {f'{label}_other': other, f'{label}_fit': [n for n in names if n not in other]}


def main() -> None:
    """Write all lists."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('data_root', type=Path, help='folder with RoadScene/ and Harvard/')
    parser.add_argument('--out', type=Path, default=Path('splits'), help='folder of the lists')
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    lists = roadscene(args.data_root) | pet_mri(args.data_root)
    for name in OTHER_HEADS:
        lists |= heads(args.data_root, name)
    for name, names in lists.items():
        (args.out / f'{name}.txt').write_text('\n'.join(names) + '\n', encoding='utf-8')
        print(f'{args.out / name}.txt: {len(names)}')


if __name__ == '__main__':
    main()
