"""A bar with the time that is left."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Bar:
    """Called when one thing is done.

    Args:
        progress: Where it is shown.
        total: How many there are; a single one has no bar.
        what: What they are.
    """

    def __init__(self, progress: Progress, total: int, what: str) -> None:
        self._progress = progress
        self._tiles: TaskID | None = None
        self._task = progress.add_task(what, total=total) if total > 1 else None

    def __call__(self) -> None:
        """Move on by one."""
        self._drop_tiles()
        if self._task is not None:
            self._progress.advance(self._task)

    def tiles(self, done: int, total: int) -> None:
        """Show a second bar over the tiles of one picture."""
        if self._tiles is None:
            self._tiles = self._progress.add_task('tiles', total=total)
        self._progress.update(self._tiles, completed=done)

    def _drop_tiles(self) -> None:
        if self._tiles is not None:
            self._progress.remove_task(self._tiles)
        self._tiles = None


@contextmanager
def progress_bar(console: Console, total: int, what: str) -> Iterator[Bar]:
    """Show bars on a terminal, if there are several things or tiles; yields what moves them on.

    Args:
        console: Where to draw; anything but a terminal gets nothing.
        total: How many there are.
        what: What they are.
    """
    columns = (TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
               TextColumn('ETA'), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield Bar(progress, total, what)
