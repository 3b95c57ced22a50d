"""drfuse export: what is refused before the long part, and what is said at the end."""

from pathlib import Path

import pytest

from drfuse.cli import export_run
from drfuse.utils.config import UserError


@pytest.fixture
def exports(monkeypatch):
    seen = []

    def export_model(*job):
        seen.append(job)
        return dict(model='ivf', factors='1 2', weights_sha256='f' * 64)

    monkeypatch.setattr(export_run, 'export_model', export_model)
    return seen


def test_says_what_the_file_takes(exports, tmp_path, capsys):
    export_run.run('ivf', tmp_path / 'm.onnx', (48, 64), None, None, False)
    export_run.run('ivf', tmp_path / 'm.xml', None, None, None, False)
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith('m.onnx: ivf for pictures of 48 x 64 (height x width), factors 1, 2, weights ffffffffffff')
    assert 'pictures of any size' in second and [job[2] for job in exports] == [(48, 64), None]


def test_refuses_before_anything_is_computed(exports, tmp_path):
    (tmp_path / 'm.onnx').touch()
    (tmp_path / 'n.bin').touch()  # would become the weights of n.xml
    with pytest.raises(UserError, match='n.bin exists: name another file'):
        export_run.run('ivf', tmp_path / 'n.xml', None, None, None, False)
    with pytest.raises(UserError, match='exists: name another file, or use --overwrite'):
        export_run.run('ivf', tmp_path / 'm.onnx', None, None, None, False)
    with pytest.raises(UserError, match='an exported model is a file'):
        export_run.run('ivf', Path('m.pt'), None, None, None, False)
    assert exports == []
    export_run.run('ivf', tmp_path / 'm.onnx', None, None, None, True)
    assert len(exports) == 1
