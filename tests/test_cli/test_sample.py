"""The options of ``drfuse sample`` reach the work."""

from pathlib import Path

from drfuse.cli.app import app
from drfuse.cli.run import run_command


def test_options(monkeypatch):
    seen = []
    monkeypatch.setattr('drfuse.cli.sample_run.run', lambda *arguments: seen.append(arguments))
    assert run_command(app, ['sample', 'P'], 'drfuse', 'drfuse') == 0
    assert run_command(app, 'sample P --task mif --number 3 --size 64 96'.split(), 'drfuse', 'drfuse') == 0
    assert seen == [(Path('P'), 'ivf', 1, (288, 384)), (Path('P'), 'mif', 3, (64, 96))]
    assert run_command(app, 'sample P --number 0'.split(), 'drfuse', 'drfuse') != 0
