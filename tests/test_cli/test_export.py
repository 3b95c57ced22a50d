"""The options of drfuse export."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from drfuse.cli.app import app


@pytest.mark.parametrize(('options', 'size', 'form'), [
    ([], None, None), (['--size', '768', '1024'], (768, 1024), None), (['--format', 'openvino'], None, 'openvino')])
def test_options_arrive(monkeypatch, options, size, form):
    seen = []
    monkeypatch.setattr('drfuse.cli.export_run.run', lambda *job: seen.append(job))
    result = CliRunner().invoke(app, ['export', 'ivf', '-o', 'm.onnx', *options])
    assert result.exit_code == 0, result.output
    assert seen == [('ivf', Path('m.onnx'), size, form, None, False)]
