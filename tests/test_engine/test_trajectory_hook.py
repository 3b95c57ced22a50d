import json
from types import SimpleNamespace

import pytest
import torch

from drfuse.diffusion.output import FusionOutput, StepRecord
from drfuse.engine.trajectory_hook import TrajectoryHook, trajectory_norms


def records(batch=2, size=(12, 12)):
    return [StepRecord(t, torch.rand(batch, 3, *size), torch.rand(batch, 2, *size), [1.0, 0.5, 0.2], [0.1 * t, 0.3])
            for t in (3, 2, 1)]


class Model:
    backbone = 'backbone'

    def data_preprocessor(self, batch, training):
        assert training is False
        return dict(inputs=batch)

    def sampler(self, backbone, observations, return_trajectory):
        assert (backbone, observations, return_trajectory) == ('backbone', ['y1', 'y2'], True)
        return FusionOutput((), torch.zeros(1), torch.zeros(1), records())


def test_steps_are_written_for_the_first_samples(tmp_path, predicted):
    hook = TrajectoryHook(num_samples=1)
    runner = SimpleNamespace(work_dir=str(tmp_path), iter=7, model=Model())
    hook.before_val_epoch(runner)
    for _ in range(2):
        hook.after_val_iter(runner, 0, dict(ir='y1', vis='y2'), [predicted('a'), predicted('b')])
    folder = tmp_path / 'trajectories' / 'a'
    assert [p.name for p in (tmp_path / 'trajectories').iterdir()] == ['a']
    assert (folder / 'iter_7.png').stat().st_size > 0
    steps = json.loads((folder / 'iter_7.json').read_text())
    assert [s['t'] for s in steps] == [3, 2, 1]
    assert steps[0]['residuals'] == pytest.approx(dict(ir=0.3, vis=0.3))
    assert steps[0]['scales'] == [1.0, 0.5, 0.2]


def test_norms_need_a_name_for_each_source():
    with pytest.raises(ValueError, match='zip'):
        trajectory_norms(records(), ['ir'])


def test_wrong_arguments():
    with pytest.raises(ValueError, match='num_samples >= 0'):
        TrajectoryHook(-1)


class OneShot(Model):
    calls = 0

    def sampler(self, backbone, observations, return_trajectory):
        self.calls += 1
        return FusionOutput((), torch.zeros(1), torch.zeros(1))


class NoSampler:
    data_preprocessor = Model.data_preprocessor


@pytest.mark.parametrize(('model', 'text'), [(OneShot(), 'method returns no trajectory'),
                                             (NoSampler(), 'NoSampler has no sampler and no backbone')])
def test_what_has_no_trajectory_is_told_once_and_skipped(tmp_path, predicted, model, text):
    told = []
    runner = SimpleNamespace(work_dir=str(tmp_path), iter=7, model=model, logger=SimpleNamespace(warning=told.append))
    hook = TrajectoryHook()
    for _ in range(2):
        hook.before_val_epoch(runner)
        hook.after_val_iter(runner, 0, dict(ir='y1', vis='y2'), [predicted('a')])
    assert len(told) == 1 and text in told[0]
    assert getattr(model, 'calls', 1) == 1  # no more than the one that told so
    assert not (tmp_path / 'trajectories').exists()
