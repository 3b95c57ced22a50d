"""How a command ends."""

import pytest
import typer

from drfuse.cli.run import is_mistake, run_command, tell
from drfuse.utils.config import UserError


@pytest.fixture
def program():
    app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)

    @app.command()
    def go(what: str):
        if what == 'mistake':
            raise UserError('a\nb')
        if what == 'missing':
            raise FileNotFoundError('no file x')
        if what == 'bug':
            raise ValueError('shapes differ')
        if what == 'stop':
            raise KeyboardInterrupt
        raise typer.Exit(int(what))

    @app.callback()
    def options():
        pass
    return app


@pytest.mark.parametrize(('argv', 'code', 'line'), [
    (['go', 'mistake'], 2, 'p: a b'), (['go', 'missing'], 2, 'p: no file x'), (['go', 'stop'], 130, ''),
    (['go', '3'], 3, ''), (['go', '0'], 0, ''), (['go'], 2, "p: Missing argument 'WHAT'; --help lists the options"),
    (['fly'], 2, "p: No such command 'fly'; --help lists the options")])
def test_codes_and_lines(program, capsys, argv, code, line):
    assert run_command(program, argv, 'p', 'p') == code
    assert capsys.readouterr().err.strip().lower() == line.lower()


def test_help_without_arguments(program, capsys):
    assert run_command(program, [], 'p', 'p') == 2
    said = capsys.readouterr()
    assert 'Usage' in said.out + said.err and 'list the options' not in said.err


def test_bugs_and_debugging_keep_the_traceback(program, monkeypatch):
    with pytest.raises(ValueError, match='shapes differ'):
        run_command(program, ['go', 'bug'], 'p', 'p')
    monkeypatch.setenv('DRFUSE_DEBUG', '1')
    with pytest.raises(UserError):
        run_command(program, ['go', 'mistake'], 'p', 'p')
    assert not is_mistake(ValueError()) and is_mistake(UserError('x'))


def test_tell(capsys):
    assert tell('a\n b', 'p', 5) == 5
    assert capsys.readouterr().err == 'p: a b\n'
