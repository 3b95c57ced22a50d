"""Finding the files that belong together. Whatever does not match is an error."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from drfuse.datasets.image_io import IMAGE_EXTENSIONS

Table = dict[str, str]
"""File stem to path."""

_SHOWN = 3


def list_images(folder: str | Path, extensions: Sequence[str] = IMAGE_EXTENSIONS) -> Table:
    """List the images of a folder by stem, sorted. Hidden files and files that are no images are passed over.

    Args:
        folder: Folder of one modality; sub-folders are not searched.
        extensions: File kinds the data set is made of, in lower case.

    Raises:
        FileNotFoundError: If the folder is missing.
        ValueError: If it holds no image, an image of another kind, or two of the same stem.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f'no folder {folder}')
    images = [f for f in sorted(folder.iterdir())
              if f.is_file() and not f.name.startswith('.') and f.suffix.lower() in IMAGE_EXTENSIONS]
    other = [f.name for f in images if f.suffix.lower() not in extensions]
    if other:
        raise ValueError(f'{folder} holds images of another kind: {_few(other)}; allowed are {", ".join(extensions)}')
    if not images:
        raise ValueError(f'no images in {folder}; allowed are {", ".join(extensions)}')
    table: Table = {}
    for file in images:
        if file.stem in table:
            raise ValueError(f'{folder} holds two images of the stem {file.stem!r}: '
                             f'{Path(table[file.stem]).name} and {file.name}')
        table[file.stem] = str(file)
    return table


def match_stems(tables: Mapping[str, Table]) -> list[str]:
    """Return the stems that all folders share, which must be all of them.

    Args:
        tables: Folder (for messages) to its table.

    Raises:
        ValueError: If a stem of one folder is missing in another; the message has both directions.
    """
    (first, base), *others = tables.items()
    for folder, table in others:
        faults = [f'{len(lone)} of {here} without a partner in {there}: {_few(lone)}'
                  for here, there, lone in ((first, folder, sorted(base.keys() - table.keys())),
                                            (folder, first, sorted(table.keys() - base.keys()))) if lone]
        if faults:
            raise ValueError('file names do not match: ' + '; '.join(faults))
    return list(base)


def read_list(path: str | Path, tables: Mapping[str, Table]) -> list[str]:
    """Read a list file: one file name or stem per line, in the order wanted.

    Args:
        path: Text file; blank lines are passed over.
        tables: Folder (for messages) to its table.

    Returns:
        Stems.

    Raises:
        FileNotFoundError: If the list is missing.
        ValueError: If it is empty, names a stem twice, or names one that a folder lacks.
    """
    lines = [line.strip() for line in _text(path).splitlines() if line.strip()]
    known = next(iter(tables.values()))
    stems = [line if line in known else Path(line).stem for line in lines]
    _check_stems(stems, path)
    for folder, table in tables.items():
        missing = [stem for stem in stems if stem not in table]
        if missing:
            raise ValueError(f'{len(missing)} entries of {path} are not in {folder}: {_few(missing)}')
    return stems


def read_csv(path: str | Path, modalities: Sequence[str], root: str | Path) -> dict[str, Table]:
    """Read a CSV file with one column of paths per modality and, optionally, a column ``stem``.

    Args:
        path: CSV file with a header.
        modalities: Columns needed.
        root: Folder that the paths are relative to.

    Returns:
        Modality to table; the stem defaults to that of the first modality's file.

    Raises:
        FileNotFoundError: If the CSV file or an image is missing.
        ValueError: If the header is wrong, a cell is empty, or a stem comes twice.
    """
    reader = csv.DictReader(_text(path).splitlines())
    header = list(reader.fieldnames or [])
    if set(header) - {'stem'} != set(modalities):
        raise ValueError(f'{path} has the columns {header}; needed are {list(modalities)}, and stem may be added')
    tables: dict[str, Table] = {name: {} for name in modalities}
    stems = []
    for number, row in enumerate(reader, start=2):
        if None in row:  # where DictReader puts the rest
            cells = len(header) + len(row[None])
            raise ValueError(f'{path}, line {number}: {cells} cells for {len(header)} columns')
        if not all(row.get(name) for name in modalities):
            raise ValueError(f'{path}, line {number}: every one of {list(modalities)} needs a path')
        stems.append(row.get('stem') or Path(row[modalities[0]]).stem)
        for name in modalities:
            tables[name][stems[-1]] = _existing(Path(root) / row[name], f'{path}, line {number}')
    _check_stems(stems, path)
    return tables


def _existing(file: Path, where: str) -> str:
    if not file.is_file():
        raise FileNotFoundError(f'{where}: no image file {file}')
    return str(file)


def _text(path: str | Path) -> str:
    if not Path(path).is_file():
        raise FileNotFoundError(f'no list file {path}')
    try:
        return Path(path).read_text(encoding='utf-8-sig')
    except UnicodeDecodeError as error:
        raise ValueError(f'{path} is not UTF-8 text ({error.reason} at byte {error.start})') from None


def _check_stems(stems: Sequence[str], path: str | Path) -> None:
    if not stems:
        raise ValueError(f'{path} names no images')
    if len(set(stems)) < len(stems):
        raise ValueError(f'{path} names a stem twice: {_few(sorted({s for s in stems if stems.count(s) > 1}))}')


def _few(names: Iterable[str]) -> str:
    names = list(names)
    return ', '.join(names[:_SHOWN]) + (f' and {len(names) - _SHOWN} more' if len(names) > _SHOWN else '')
