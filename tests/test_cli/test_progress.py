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
