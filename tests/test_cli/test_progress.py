"""A bar on terminals only."""

import io

import pytest
from rich.console import Console

from drfuse.cli.progress import progress_bar


@pytest.mark.parametrize(('terminal', 'total', 'shown'), [(True, 3, True), (True, 1, False), (False, 3, False)])
def test_bar(terminal, total, shown):
    file = io.StringIO()
    with progress_bar(Console(file=file, force_terminal=terminal, width=80), total, 'pairs') as advance:
        advance()
    assert ('ETA' in file.getvalue()) is shown and ('1/3' in file.getvalue()) is shown


def test_tiles_have_a_bar_of_their_own_that_goes_with_the_picture():
    file = io.StringIO()
    with progress_bar(Console(file=file, force_terminal=True, width=80), 1, 'pairs') as advance:
        advance.tiles(3, 8)
        advance._progress.refresh()
        shown = file.getvalue()
        advance()
        assert advance._progress.tasks == []
    assert 'tiles' in shown and '3/8' in shown and 'pairs' not in shown
