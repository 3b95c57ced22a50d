"""Processes side by side: in order, all ended after a failure, and measured while all run."""


import pytest

from drfuse.evaluation.study import training
from drfuse.evaluation.study.training import Speed, Training, measure_speed, train_all
from drfuse.utils.config import UserError


class Fake:
    """Takes some ticks; counts an iteration a tick."""

    alive = 0

    def __init__(self, ticks, fails=False, pace=1.0):
        self.ticks, self.fails, self.pace, self.seen = ticks, fails, pace, 0
        Fake.alive += 1

    def finished(self):
        self.seen += 1
        if self.fails:
            raise UserError('training ended with code 1')
        if self.seen < self.ticks:
            return False
        Fake.alive -= 1
        return True

    @property
    def times(self):
        return [1 + self.pace * i for i in range(self.seen)]

    def stop(self):
        Fake.alive -= 1


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(training, '_POLL', 0)
    Fake.alive = 0


def test_trainings_run_side_by_side_in_their_order():
    counts = []
    made = [Fake(ticks) for ticks in (3, 1, 2)]
    Fake.alive = 0
    ended = list(train_all([lambda t=t: t for t in made], 2, lambda running: counts.append(len(running))))
    assert ended == [made[1], made[0], made[2]] and max(counts) == 2


def test_a_failure_ends_the_others():
    with pytest.raises(UserError, match='code 1'):
        list(train_all([lambda: Fake(99), lambda: Fake(2, fails=True)], 2))
    assert Fake.alive == 0


def test_speed_leaves_the_first_iteration_out_and_waits_for_the_slowest():
    slow, fast = Fake(10**9, pace=4.0), Fake(10**9, pace=0.5)
    assert measure_speed([lambda: slow, lambda: fast], 6) == [Speed(1.0, 4.0), Speed(1.0, 0.5)]
    assert len(fast.times) >= 13 and Fake.alive == 0


@pytest.mark.parametrize(('seconds', 'iterations'), [(0.5, 1), (2, 1), (12, 11), (5, 4)])
def test_iterations_fit_into_the_time(seconds, iterations):
    assert Speed(2.0, 1.0).iterations(seconds) == iterations


@pytest.mark.slow
def test_a_training_writes_its_clock_and_checkpoint_and_says_why_it_fails(tiny_study, study_root, work):
    run = Training(tiny_study.run_config('with', 0, 2), work / 'run', str(study_root), amp=False)
    assert list(train_all([lambda: run], 1)) == [run]
    assert len(run.times) == 2 and run.checkpoint.is_file()
    wrong = Training(tiny_study.run_config('with', 0, 2), work / 'run', str(work / 'nowhere'), amp=False)
    assert not run.checkpoint.is_file()  # what was there is gone
    with pytest.raises(UserError, match='training ended with code 2: error: .*nowhere.*output.txt'):
        list(train_all([lambda: wrong], 1))


def test_stopping_ends_the_process(tiny_study, study_root, work):
    run = Training(tiny_study.run_config('with', 0, 10**6), work / 'run', str(study_root), amp=False)
    assert not run.finished()
    run.stop()
    assert run.process.poll() is not None
