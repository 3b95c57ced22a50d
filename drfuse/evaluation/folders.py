"""Finding the result of every pair in the folders of any method, whatever it calls its files."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drfuse.datasets.pairing import list_images
from drfuse.utils.config import UserError


@dataclass(frozen=True)
class Triple:
    """One pair of sources with its result.

    Attributes:
        stem: Name of the pair.
        fused: File of the fused image.
        sources: Files of the sources.
    """

    stem: str
    fused: Path
    sources: tuple[Path, ...]


@dataclass(frozen=True)
class Matches:
    """What belongs together in a result folder.

    Attributes:
        triples: In the order of the stems.
        missing: Stems of sources without a result.
        extra: Names of results without a source.
    """

    triples: tuple[Triple, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]


def match_folders(fused: str | Path, sources: Sequence[str | Path]) -> Matches:
    """Match the images of a result folder with the sources by file stem.

    Sources belong together if their stems are equal, or equal once the ending or the beginning that all stems of a
    folder share up to a separator (``_ir``, ``vis_``) is taken off. A result belongs to the longest stem that it
    equals, or that it continues or precedes at a place which does not cut a number in two: ``7_fused.png`` belongs to
    ``7.png``, ``17.png`` does not.

    Args:
        fused: Folder of the results.
        sources: Folders of the sources, in order.

    Raises:
        UserError: If a folder has no images, the sources do not match each other, no result belongs to a source, or
            two belong to the same one.
        FileNotFoundError: If a folder is missing.
    """
    tables = match_sources(sources)
    stems = list(tables[0])
    results: dict[str, Path] = {}
    extra = []
    for stem, file in _table(fused).items():
        owner = max((source for source in stems if _belongs(stem, source)), key=len, default=None)
        if owner is None:
            extra.append(file.name)
        elif owner in results:
            raise UserError(f'{results[owner].name} and {file.name} in {fused} both belong to the source {owner!r}')
        else:
            results[owner] = file
    if not results:
        raise UserError(f'no image of {fused} belongs to a source: {extra[0]} continues no stem of {sources[0]}, '
                        f'for example {stems[0]!r}')
    triples = tuple(Triple(stem, results[stem], tuple(table[stem] for table in tables))
                    for stem in stems if stem in results)
    return Matches(triples, tuple(stem for stem in stems if stem not in results), tuple(extra))


def match_sources(folders: Sequence[str | Path]) -> list[dict[str, Path]]:
    """Return name of the pair to file for every source folder, with the same names in the same order.

    Raises:
        UserError: If a folder has no images, or the folders do not match.
        FileNotFoundError: If a folder is missing.
    """
    plain = [_table(folder) for folder in folders]
    for tables in (plain, [_without(t, end=True) for t in plain], [_without(t, start=True) for t in plain],
                   [_without(t, start=True, end=True) for t in plain]):
        if all(table.keys() == tables[0].keys() for table in tables):
            return [{stem: table[stem] for stem in tables[0]} for table in tables]
    for folder, table in zip(folders[1:], plain[1:], strict=True):
        lonely = sorted(plain[0].keys() ^ table.keys())
        if lonely:
            where = folders[0] if lonely[0] in plain[0] else folder
            raise UserError(f'the sources {folders[0]} and {folder} do not match: {len(lonely)} names without a '
                            f'partner, for example {lonely[0]!r} in {where}')
    raise UserError(f'the sources {", ".join(map(str, folders))} do not match')


def _table(folder: str | Path) -> dict[str, Path]:
    """Return stem to file."""
    try:
        return {stem: Path(file) for stem, file in list_images(folder).items()}
    except ValueError as error:
        raise UserError(error) from None


def _without(table: dict[str, Path], start: bool = False, end: bool = False) -> dict[str, Path]:
    """Return a table whose stems lost the beginning or ending that all share, up to a separator."""
    stems = list(table)
    before = _shared(stems) if start else 0
    after = _shared([stem[::-1] for stem in stems]) if end else 0
    if any(before + after >= len(stem) for stem in stems):
        return table
    return {stem[before:len(stem) - after]: file for stem, file in table.items()}


def _shared(stems: list[str]) -> int:
    """Return the length of the common beginning up to its last separator; of a single stem, its first word."""
    common = os.path.commonprefix(stems)
    separators = [i + 1 for i, c in enumerate(common) if not c.isalnum()]
    return (separators[0] if len(stems) == 1 else separators[-1]) if separators else 0


def _belongs(stem: str, source: str) -> bool:
    """Tell whether a result's stem equals a source's, or continues or precedes it without cutting a number."""
    if stem == source:
        return True
    if stem.startswith(source) and not (stem[len(source)].isdigit() and source[-1].isdigit()):
        return True
    return stem.endswith(source) and not stem[-len(source) - 1].isalnum()
