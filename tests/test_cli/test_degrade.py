"""The options of ``drfuse degrade`` reach the work."""

from pathlib import Path

from drfuse.cli.app import app
from drfuse.cli.run import run_command


def test_options(monkeypatch):
    seen = []
    monkeypatch.setattr('drfuse.cli.degrade_run.run', lambda *arguments: seen.append(arguments))
    assert run_command(app, 'degrade A B -o O --preset composite --seed 3 --overwrite'.split(), 'drfuse', 'drfuse') == 0
    (a, b, output, options, seed, overwrite), = seen
    assert (a, b, output, seed, overwrite) == ('A', 'B', Path('O'), 3, True)
    assert options.parts[0] == (None, None, 4) and options.parts[1] == (None, None, None)
    run_command(app, 'degrade A B -o O --preset composite --a-scale 1'.split(), 'drfuse', 'drfuse')
    assert seen[1][3].parts[0] == (None, None, 1)
