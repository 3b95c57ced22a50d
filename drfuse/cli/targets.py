"""Where results go: settled and checked before anything is computed."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from drfuse.apis.pairs import SourcePair
from drfuse.apis.picture_writer import WRITABLE
from drfuse.utils.config import UserError

_SHOWN = 2
PAGES = ('.html', '.htm')
"""Names of reports end so."""


@dataclass(frozen=True)
class Target:
    """The files of one pair.

    Attributes:
        pair: The sources.
        fused: File of the fused picture.
        restored: Files of the restored sources, A first; empty if they are not wanted.
        report: File of the report, None if it is not wanted.
    """

    pair: SourcePair
    fused: Path
    restored: tuple[Path, ...]
    report: Path | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """All of them."""
        return (self.fused, *self.restored, *([] if self.report is None else [self.report]))


def plan_targets(pairs: Sequence[SourcePair], output: Path, save_restored: Path | None, single: bool,
                 report: Path | None = None) -> list[Target]:
    """Return the files of every pair; in a folder they have the names of B, restored sources their own.

    Args:
        pairs: Paths of A and B.
        output: A folder if there are several pairs, if it exists as one, or if its name has no suffix; else a file.
        save_restored: Folder for ``a`` and ``b``.
        single: Whether there is one pair of files.
        report: An ``.html`` file if there is one pair, else a folder: pages then have the stems of B.

    Raises:
        UserError: If ``output`` cannot be a file of results, or ``report`` none of reports.
    """
    as_file = single and not output.is_dir() and bool(output.suffix)
    if as_file and output.suffix.lower() not in WRITABLE:
        raise UserError(f'{output}: results are written as {", ".join(WRITABLE)}, not {output.suffix}')
    if not single and output.suffix.lower() in WRITABLE and not output.is_dir():
        raise UserError(f'{output}: several pairs need a folder, not a file')
    page = report is not None and report.suffix.lower() in PAGES
    if report is not None and single != page:
        raise UserError(f'--report {report}: ' + (f'a page is {" or ".join(PAGES)}' if single else
                                                   'several pairs need a folder, which gets a page for each'))
    targets = []
    for pair in pairs:
        restored = () if save_restored is None else (
            save_restored / 'a' / _writable_name(pair.a), save_restored / 'b' / _writable_name(pair.b))
        own_page = report if report is None or page else report / f'{Path(pair.b).stem}.html'
        targets.append(Target(pair, output if as_file else output / _writable_name(pair.b), restored, own_page))
    return targets


def _writable_name(source: Path | str) -> str:
    path = Path(source)
    return path.name if path.suffix.lower() in WRITABLE else f'{path.stem}.png'


def check_targets(targets: Sequence[Target], overwrite: bool, resume: bool) -> list[Target]:
    """Return the targets to make, and make sure that they may be written.

    Args:
        targets: All of them.
        overwrite: Existing files may be replaced.
        resume: Pairs whose files all exist are left out.

    Raises:
        UserError: If files exist and may not be replaced, are sources or those of another result, or cannot be written.
    """
    if overwrite and resume:
        raise UserError('--overwrite and --resume exclude each other: give one of them')
    _check_places(targets)
    todo = [t for t in targets if not (resume and all(file.exists() for file in t.files))]
    existing = [file for target in todo for file in target.files if file.exists()]
    if existing and not overwrite and not resume:
        shown = ', '.join(map(str, existing[:_SHOWN])) + f' and {len(existing) - _SHOWN} more' * (
            len(existing) > _SHOWN)
        raise UserError(f'{shown} exist{"s" * (len(existing) == 1)}: --overwrite replaces, '
                        '--resume leaves out what is finished')
    for folder in sorted({file.parent for target in todo for file in target.files}):
        check_folder(folder)
    for file in existing:
        if file.is_dir():
            raise UserError(f'{file} is a folder, not a file')
    return todo


def _check_places(targets: Sequence[Target]) -> None:
    """Raise a :class:`UserError` if a file is a source, or would be written twice."""
    sources = {Path(source).resolve() for target in targets for source in target.pair[1:]}
    taken: set[Path] = set()
    for target in targets:
        for file in target.files:
            place = file.resolve()
            if place in sources:
                raise UserError(f'{file} is a source and would be overwritten: choose another output')
            if place in taken:
                raise UserError(f'{file} would be written twice: choose other folders for --output and --save-restored')
            taken.add(place)


def check_folder(folder: Path) -> None:
    """Raise a :class:`UserError` if files cannot be written to a folder that exists or is to be made."""
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise UserError(f'cannot write to {folder}: {place} is a file')
    if not os.access(place, os.W_OK | os.X_OK):
        raise UserError(f'cannot write to {folder}: no permission in {place}')
