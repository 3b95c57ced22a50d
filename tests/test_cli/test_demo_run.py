"""``drfuse demo`` up to the page."""

import sys
from types import SimpleNamespace

import pytest

from drfuse.cli.app import app
from drfuse.cli.run import run_command


@pytest.mark.parametrize(('argv', 'message'), [
    (['--task', 'rgb'], "--task must be one of ivf, mif, got 'rgb'"),
    (['--model', 'nothing'], "no model and no config is called 'nothing'")])
def test_mistakes(monkeypatch, capsys, argv, message):
    monkeypatch.setitem(sys.modules, 'gradio', SimpleNamespace())
    assert run_command(app, ['demo', *argv], 'drfuse', 'drfuse') == 2
    assert capsys.readouterr().err.startswith(f'drfuse: {message}')


def test_missing_gradio(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, 'gradio', None)
    assert run_command(app, ['demo'], 'drfuse', 'drfuse') == 2
    err = capsys.readouterr().err
    assert err.startswith('drfuse: drfuse demo needs Gradio') and err.endswith("pip install 'drfuse[demo]'\n")
    assert err.count('\n') == 1


def test_address_is_told(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, 'gradio', SimpleNamespace())
    asked = []

    def serve(build, port, tell, browser):
        asked.append((callable(build), port, browser))
        tell('http://127.0.0.1:9')
    monkeypatch.setattr('drfuse.cli.demo_run.serve', serve)
    assert run_command(app, ['demo', '--port', '9', '--no-browser', '--device', 'cpu'], 'drfuse', 'drfuse') == 0
    assert asked == [(True, 9, False)] and 'the page is at http://127.0.0.1:9' in capsys.readouterr().err
