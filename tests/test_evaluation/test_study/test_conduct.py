"""A whole tiny study: it ends with its tables, and begun again does nothing twice."""

import io
import json

import pytest
import torch
from rich.console import Console
from rich.progress import Progress

from drfuse.evaluation.study import conduct
from drfuse.evaluation.study.conduct import Conditions, Conductor
from drfuse.evaluation.study.training import Speed

pytestmark = pytest.mark.usefixtures('forget_runs')


@pytest.fixture
def conductor(tiny_study, study_root, work):
    at = Conditions(str(study_root), 0.05, 2, 1, work / 'runs', work / 'cache', (64, 96))
    with Progress(disable=True) as progress:
        yield Conductor(tiny_study, at, progress)


@pytest.fixture
def quick_speed(monkeypatch):
    """Measure nothing: two iterations of `with`, three of `without`."""
    asked = []

    def measure(starts, seconds):
        asked.append((len(starts), seconds))
        return [Speed(1.0, 2.0), Speed(1.0, 1.0)][:len(starts)]

    monkeypatch.setattr(conduct, 'measure_speed', measure)
    return asked


def test_runs_of_a_seed_follow_each_other_and_know_their_config(conductor, quick_speed):
    runs = conductor.plan(conductor.speeds())
    assert [(run.variant, run.seed, run.iterations) for run in runs] == [
        ('with', 0, 2), ('without', 0, 3), ('with', 1, 2), ('without', 1, 3)]
    assert len({run.key for run in runs}) == 4 and all(run.done is None for run in runs)
    assert quick_speed == [(2, 3.0)]
    conductor.speeds()
    assert len(quick_speed) == 1  # kept


def test_what_other_code_made_is_not_kept(conductor, quick_speed, monkeypatch):
    runs = conductor.plan(conductor.speeds())
    monkeypatch.setattr(conduct, 'inference_times', lambda *arguments: dict(made_by='first code'))
    conductor._times(runs)
    monkeypatch.setattr(conduct, 'inference_times', lambda *arguments: dict(made_by='other code'))
    assert conductor._times(runs) == dict(made_by='first code')
    monkeypatch.setattr(conduct, 'code_hash', lambda: 'other')
    others = conductor.plan(conductor.speeds())
    assert len(quick_speed) == 2
    assert not {run.key for run in runs} & {run.key for run in others}
    assert conductor._times(others) == dict(made_by='other code')


def test_an_odd_variant_is_measured_beside_a_companion(conductor, monkeypatch, tiny_study):
    groups = []
    study = type(tiny_study)(**{**tiny_study.__dict__, 'variants': {**tiny_study.variants, 'third': {}}})
    monkeypatch.setattr(Conductor, '_group_speeds', lambda self, names: groups.append(names) or [Speed(1, 1)] * 2)
    assert list(Conductor(study, conductor.at, conductor.progress).speeds()) == ['with', 'without', 'third']
    assert groups == [['with', 'without'], ['third', 'with']]


def test_where_bars_are_not_seen_every_tenth_is_a_line(conductor):
    lines = []
    with Progress(console=Console(file=io.StringIO()), disable=True) as progress:
        shown = Conductor(conductor.study, conductor.at, progress)
        shown.tell = lines.append
        advance = shown.counter('restoring', 25)
        for _ in range(25):
            advance()
    assert len(lines) == 10 and lines[0] == 'restoring: 3 of 25' and lines[-1] == 'restoring: 25 of 25'


@pytest.mark.slow
def test_a_study_is_measured_trained_restored_and_kept(conductor, monkeypatch):
    monkeypatch.setattr(conduct, '_LEAST_SECONDS', 0.2)
    text, data = conductor.run()
    assert '| without | ' in text and '### noise: minus with' in text
    runs = conductor.plan(conductor.speeds())
    for run in runs:
        note = data['variants'][run.variant]['runs'][str(run.seed)]
        assert note['iterations'] == run.iterations and len(note['sha256']) == 64 and note['minutes'] > 0
        assert note['scenarios']['noise']['sources']['ir']['PSNR'] > 10
    average = torch.load(runs[0].model[1], weights_only=True)
    assert 'ema_state_dict' in average and 'optimizer' not in average
    assert json.loads(json.dumps(data)) == data and str(conductor.at.folder) not in json.dumps(data)

    def broken(*arguments):
        raise AssertionError('done again')
    for name in ('measure_speed', 'Training', 'inference_times'):
        monkeypatch.setattr(conduct, name, broken)
    assert conductor.run()[0] == text
    (runs[0].folder / 'done.json').unlink()
    with pytest.raises(AssertionError, match='done again'):
        conductor.run()
