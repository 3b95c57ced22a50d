"""Bad input through the commands: one exact line, the exit code, and nothing written."""

import shutil
from pathlib import Path

import pytest

from drfuse.cli.app import app
from drfuse.cli.run import run_command

from .bad_input_cases import CASES


@pytest.fixture(scope='module')
def prepared(pairs, tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp('good') / 'data'
    shutil.copytree(pairs, root)
    shutil.copytree(root / 'vis', root / 'fused')
    return root


def contents(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() if p.is_file() else b'' for p in root.rglob('*')}


@pytest.mark.parametrize('case', CASES, ids=lambda case: case.name.replace(' ', '-'))
def test_one_line_one_code_and_nothing_written(prepared, tmp_path, monkeypatch, capsys, case):
    root = Path(shutil.copytree(prepared, tmp_path / 'data'))
    monkeypatch.chdir(root)
    if case.damage:
        case.damage(root, monkeypatch)
    before = contents(root)
    argv = case.command.split()
    if '--task' in argv and '--model' not in argv:
        argv += ['--model', 'tiny.py', '--weights', 'tiny.pth']
    code = run_command(app, argv, 'drfuse', 'drfuse')
    said = capsys.readouterr()
    assert (said.err, code, said.out) == (case.message + '\n', case.code, '')
    assert contents(root) == before


def test_there_are_enough_cases():
    assert len(CASES) >= 40 and len({case.name for case in CASES}) == len(CASES)
