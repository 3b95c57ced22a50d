"""Bringing an unpacked public data set into the folders that the configs expect."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from drfuse.datasets.pairing import Table, list_images, match_stems

Plan = Mapping[str, Mapping[str, Path]]
"""Split to modality folder to source folder."""


def find_folder(root: str | Path, name: str) -> Path:
    """Return ``root/name``, where upper and lower case in ``name`` do not matter.

    Raises:
        FileNotFoundError: If there is no such folder; the message lists what there is.
    """
    folder = Path(root)
    for part in Path(name).parts:
        inside = [f for f in sorted(folder.iterdir()) if f.is_dir()] if folder.is_dir() else []
        match = [f for f in inside if f.name.lower() == part.lower()]
        if not match:
            raise FileNotFoundError(f'no folder {part} in {folder}; there are {[f.name for f in inside]}')
        folder = match[0]
    return folder


def arrange(plan: Plan, out: str | Path, copy: bool = False,
            keep: Callable[[str, int], bool] = lambda split, position: True) -> dict[str, int]:
    """Link or copy the pairs of a plan to ``<out>/<split>/<modality>/<name>``.

    All folders are checked before the first file is written.

    Args:
        plan: Where the images of each split and modality are now.
        out: Folder to make; may exist, but not the files in it.
        copy: Copy the files instead of linking to them.
        keep: Whether a pair belongs to a split, given split and position among the sorted names.

    Returns:
        Split to number of pairs.

    Raises:
        FileNotFoundError: If a folder is missing.
        FileExistsError: If a split has been arranged there before.
        ValueError: If the pairs are incomplete.
    """
    chosen: dict[str, tuple[list[str], dict[str, Table]]] = {}
    for split, folders in plan.items():
        tables = {name: list_images(folder) for name, folder in folders.items()}
        stems = match_stems({str(folders[name]): table for name, table in tables.items()})
        chosen[split] = [s for i, s in enumerate(stems) if keep(split, i)], tables
        if (Path(out) / split).exists():
            raise FileExistsError(f'{Path(out) / split} exists: remove it, or choose another folder')
    for split, (stems, tables) in chosen.items():
        for name, table in tables.items():
            _place([Path(table[stem]) for stem in stems], Path(out) / split / name, copy)
    return {split: len(stems) for split, (stems, _) in chosen.items()}


def _place(files: list[Path], folder: Path, copy: bool) -> None:
    folder.mkdir(parents=True)
    for file in files:
        if copy:
            shutil.copy2(file, folder / file.name)
        else:
            os.symlink(file.resolve(), folder / file.name)
