from pathlib import Path

import pytest

from drfuse.engine.app import OneLineParser, add_common_options, parse, run_app
from drfuse.engine.interrupt_hook import TrainingInterrupted
from drfuse.utils.config import UserError


@pytest.mark.parametrize(('error', 'code', 'text'), [
    (None, 0, ''), (UserError('wrong\n  thing'), 2, 'error: wrong thing\n'),
    (FileNotFoundError('no image file x.png'), 2, 'error: no image file x.png\n'),
    (TrainingInterrupted(3, Path('a.pth')), 130,
     'interrupted after iteration 3; the state is saved in a.pth; continue with: again\n'),
    (KeyboardInterrupt(), 130, 'interrupted before training began; nothing was saved\n')])
def test_exit_code_and_message(capsys, error, code, text):
    def run():
        if error:
            raise error
    assert run_app(run, 'again') == code
    assert capsys.readouterr().err == text


def test_a_program_that_trains_nothing_itself_says_what_an_interruption_means(capsys):
    def run():
        raise KeyboardInterrupt
    assert run_app(run, interrupted='stopped') == 130
    assert capsys.readouterr().err == 'stopped\n'


def test_a_fault_of_the_program_keeps_its_traceback():
    def run():
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError):
        run_app(run)


def test_debug_variable_shows_tracebacks(monkeypatch):
    monkeypatch.setenv('DRFUSE_DEBUG', '1')

    def run():
        raise UserError('x')
    with pytest.raises(UserError):
        run_app(run)


def test_malformed_option_is_a_user_error(monkeypatch):
    monkeypatch.setenv('LOCAL_RANK', '0')
    parser = OneLineParser()
    add_common_options(parser)
    assert parse(parser, ['--cfg-options', 'a.b=[1,2]', 'c=x']).cfg_options == {'a.b': [1, 2], 'c': 'x'}
    with pytest.raises(UserError, match="--cfg-options takes KEY=VALUE items, got 'novalue'"):
        parse(parser, ['--cfg-options', 'novalue'])
