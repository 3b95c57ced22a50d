"""A bar with the time that is left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


@contextmanager
def progress_bar(console: Console, total: int, what: str) -> Iterator[Callable[[], None]]:
    """Show a bar on a terminal if there are several things to do; yields what moves it on by one.

    Args:
        console: Where to draw; anything but a terminal gets nothing.
        total: How many there are.
        what: What they are.
    """
    columns = (TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
               TextColumn('ETA'), TimeRemainingColumn())
    hidden = total < 2 or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        bar = progress.add_task(what, total=total)
        yield lambda: progress.advance(bar)
