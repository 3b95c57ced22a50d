"""The options of ``drfuse demo`` reach the work."""

from pathlib import Path

from drfuse.cli.app import app
from drfuse.cli.run import run_command


def test_options(monkeypatch):
    seen = []
    monkeypatch.setattr('drfuse.cli.demo_run.run', lambda *job: seen.append(job))
    assert run_command(app, ['demo'], 'drfuse', 'drfuse') == 0
    argv = 'demo --task mif --port 8000 --no-browser --model M --weights W --device cpu --precision float32'
    assert run_command(app, argv.split(), 'drfuse', 'drfuse') == 0
    assert seen == [('ivf', None, True, None, None, None, 'auto'),
                    ('mif', 8000, False, 'M', Path('W'), 'cpu', 'float32')]


def test_help_names_the_extra(capsys):
    assert run_command(app, ['demo', '--help'], 'drfuse', 'drfuse') == 0
    assert "pip install 'drfuse[demo]'" in capsys.readouterr().out
