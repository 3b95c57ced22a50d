"""The command line: fast, forwarding, and short about mistakes."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import typer

from drfuse.cli import app as cli
from drfuse.utils.config import UserError
from drfuse.utils.paths import find_config
from drfuse.version import __version__


def drfuse(monkeypatch, *argv):
    """Run the command line in this process; return the exit code."""
    monkeypatch.setattr(sys, 'argv', ['drfuse', *argv])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    return stop.value.code


@pytest.fixture
def program(monkeypatch):
    """Stand in for a program behind a subcommand; records its arguments."""
    seen = SimpleNamespace(module=None, argv=None, result=0)

    def main(argv):
        seen.argv = argv
        if isinstance(seen.result, Exception):
            raise seen.result
        return seen.result

    def import_module(module):
        seen.module = module
        return SimpleNamespace(main=main)

    monkeypatch.setattr(cli, 'importlib', SimpleNamespace(import_module=import_module))
    return seen


def test_help_imports_nothing_heavy(repo_dir):
    code = ('import sys; from drfuse.cli.app import main\n'
            'try: main()\n'
            'finally: print(sorted({"torch", "mmengine", "mmcv", "numpy"} & set(sys.modules)))')
    start = os.times()
    result = subprocess.run([sys.executable, '-c', code, '--help'], cwd=repo_dir, capture_output=True, text=True,
                            check=True)
    assert result.stdout.splitlines()[-1] == '[]'
    assert all(word in result.stdout for word in ('fuse', 'train', 'doctor', '--install-completion'))
    end = os.times()
    # processor time: other programs do not count
    assert end.children_user + end.children_system - start.children_user - start.children_system < 0.5


def test_version(monkeypatch, capsys):
    assert drfuse(monkeypatch, '--version') == 0
    assert capsys.readouterr().out.strip() == f'drfuse {__version__}'


@pytest.mark.parametrize(('command', 'module'), [('train', 'drfuse.engine.train_app'),
                                                 ('test', 'drfuse.engine.test_app'),
                                                 ('evaluate', 'drfuse.cli.evaluate')])
def test_options_are_forwarded(monkeypatch, program, command, module):
    assert drfuse(monkeypatch, command, '--help', '--seed', '3') == 0
    assert (program.module, program.argv) == (module, ['--help', '--seed', '3'])


def test_own_configs_are_found_by_name(monkeypatch, program):
    assert drfuse(monkeypatch, 'train', '--amp', '_base_/models/drfusion_unet.py', '--seed', '3') == 0
    assert program.argv == ['--amp', str(find_config('_base_/models/drfusion_unet.py')), '--seed', '3']


def test_exit_code_is_the_programs(monkeypatch, program):
    program.result = 130
    assert drfuse(monkeypatch, 'evaluate') == 130


@pytest.mark.parametrize('error', [UserError('no images\nin data/x'), FileNotFoundError('no images in data/x')])
def test_mistake_is_one_line(monkeypatch, program, capsys, error):
    program.result = error
    assert drfuse(monkeypatch, 'evaluate') == 2
    assert capsys.readouterr().err == 'drfuse: no images in data/x\n'


def test_bug_keeps_its_traceback(monkeypatch, program):
    program.result = ValueError('shapes differ')
    monkeypatch.setattr(sys, 'argv', ['drfuse', 'evaluate'])
    with pytest.raises(ValueError, match='shapes differ'):
        cli.main()


def test_unknown_config_is_one_line(monkeypatch, program, capsys):
    assert drfuse(monkeypatch, 'train', 'drfusion/ivf_composit.py') == 2
    error = capsys.readouterr().err
    assert error.count('\n') == 1 and "'drfusion/ivf_composit.py'" in error
    assert program.argv is None


def test_damaged_installation_stops_before_the_program(monkeypatch, program):
    monkeypatch.setattr('drfuse.utils.environment.CHECKS', (lambda: 'mmcv is missing: do this',))
    assert drfuse(monkeypatch, 'evaluate') == 'drfuse: mmcv is missing: do this'
    assert program.argv is None


def test_doctor_exit_code_is_the_reports(monkeypatch):
    monkeypatch.setattr('drfuse.cli.doctor.report', lambda: 1)
    assert drfuse(monkeypatch, 'doctor') == 1


def test_forward_takes_no_code_for_success(program):
    program.result = None
    with pytest.raises(typer.Exit) as stop:
        cli.forward('module', [])
    assert stop.value.exit_code == 0
