"""The pages of ``drfuse fuse --report``."""

from collections.abc import Mapping
from pathlib import Path

from drfuse.apis.fusion_result import FusionResult
from drfuse.apis.pairs import SourcePair, Sources, match_sources
from drfuse.apis.picture import as_picture
from drfuse.cli.run import command_line
from drfuse.report import Report, write_report
from drfuse.utils.config import UserError


def match_clean(clean: tuple[str | None, str | None], sources: Sources,
                has_report: bool) -> Mapping[str, SourcePair] | None:
    """Return the clean pictures of every pair by its name.

    Args:
        clean: Picture or folder for A and for B; None twice = none.
        sources: The pairs; files of folders belong to them by stem.
        has_report: Whether there will be a report, the only thing that clean pictures are for.

    Raises:
        FileNotFoundError: If a picture or folder is missing.
        UserError: If only one is given, there is no report, or a pair has no clean pictures.
    """
    a, b = clean
    if a is None and b is None:
        return None
    if a is None or b is None:
        raise UserError('--clean-a and --clean-b belong together: give both')
    if not has_report:
        raise UserError('--clean-a and --clean-b are for --report: give it as well')
    for source in (a, b):
        if not Path(source).expanduser().exists():
            raise FileNotFoundError(f'no file or folder {source}')
    found = match_sources(a, b)
    if found.single != sources.single:
        raise UserError('clean pictures and sources must be of one kind: two files, or two folders')
    if sources.single:
        return {sources.pairs[0].name: found.pairs[0]}
    by_name = {pair.name: pair for pair in found.pairs}
    missing = [pair.name for pair in sources.pairs if pair.name not in by_name]
    if missing:
        raise UserError(f'file names do not match: no clean pictures of {", ".join(missing[:2])} in {a} and {b}')
    return by_name


def write_page(path: Path, result: FusionResult, clean: SourcePair | None) -> Path:
    """Write the page of one pair.

    Raises:
        UserError: If a clean picture cannot be used, or the file cannot be written.
    """
    names = tuple(result.observed_pictures)
    pictures = {} if clean is None else {
        name: as_picture(source, f'clean {name}') for name, source in zip(names, clean[1:], strict=True)}
    return write_report(Report(result, pictures, command_line()), path)
