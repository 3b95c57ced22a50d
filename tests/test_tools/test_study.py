import json

import pytest


@pytest.fixture
def tool(load_tool, monkeypatch):
    import signal

    monkeypatch.setattr(signal, 'signal', lambda *arguments: None)
    return load_tool('analysis_tools/study.py')


def test_the_command_line_chooses_and_the_result_is_written(tool, tmp_path, monkeypatch, capfd):
    seen = []

    class Fake:
        def __init__(self, study, conditions, progress):
            seen.append((study, conditions))

        def run(self):
            return '# page\n', dict(facts=1)

    monkeypatch.setattr(tool, 'Conductor', Fake)
    out = tmp_path / 'out' / 'study_steps.v2'
    arguments = ['configs/studies/steps.py', '--data-root', 'DATA', '--minutes', '2', '--workers', '3', '--pairs', '7',
                 '--seeds', '5', '6', '--variants', 'T1', 'T3', '--work-dir', str(tmp_path / 'w'), '--cache',
                 str(tmp_path / 'c'), '--out', str(out)]
    assert tool.main(arguments) == 0
    ((study, at),) = seen
    assert (list(study.variants), study.seeds, at.minutes, at.workers, at.pairs) == (['T1', 'T3'], (5, 6), 2.0, 3, 7)
    assert (out.parent / 'study_steps.v2.md').read_text() == '# page\n'
    assert json.loads((out.parent / 'study_steps.v2.json').read_text()) == dict(facts=1)
    assert 'written' in capfd.readouterr().err


@pytest.mark.parametrize('own', [True, False])
def test_results_go_to_the_checkout_from_any_directory_or_beside_the_trainings(tool, tmp_path, monkeypatch, own, capfd):
    class Fake:
        def __init__(self, *arguments):
            self.run = lambda: ('# page\n', {})

    (tmp_path / 'elsewhere').mkdir()
    monkeypatch.chdir(tmp_path / 'elsewhere')
    monkeypatch.setattr(tool, 'Conductor', Fake)
    monkeypatch.setattr(tool, 'own_results', lambda: tmp_path / 'results' if own else None)
    assert tool.main(['studies/steps.py', '--data-root', 'DATA', '--cache', 'c', '--work-dir', 'w']) == 0
    assert (tmp_path / ('results' if own else 'elsewhere/w') / 'study_steps.md').is_file()
    assert 'written' in capfd.readouterr().err


def test_an_interruption_says_that_the_command_goes_on(tool, tmp_path, monkeypatch, capfd):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(tool, 'Conductor', interrupted)
    folders = [x for name in ('work-dir', 'cache', 'out') for x in (f'--{name}', str(tmp_path / name / 'x'))]
    assert tool.main(['studies/steps.py', '--data-root', 'DATA', *folders]) == 130
    assert 'the same command goes on' in capfd.readouterr().err


@pytest.mark.parametrize(('arguments', 'text'), [
    (['studies/steps.py', '--minutes', '0'], '--minutes must be > 0, --workers and --pairs >= 1, got 0,'),
    (['studies/steps.py', '--pairs', '0'], '--workers and --pairs >= 1'),
    (['studies/steps.py', '--variants', 'T9'], '--variants: T9 not in studies/steps.py, which has T3, T1'),
    (['studies/nothing.py'], "config 'studies/nothing.py' is neither a file")])
def test_mistakes_are_one_line(tool, capfd, arguments, text):
    assert tool.main([*arguments, '--data-root', 'DATA']) == 2
    error = capfd.readouterr().err
    assert text in error and error.strip().count('\n') == 0
