from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

from drfuse.engine.checkpoint_hooks import FusionCheckpointHook, PlainCheckpointHook


def runner_stub(**more):
    return SimpleNamespace(_resume=True, resumed_rng=None, logger=SimpleNamespace(warning=lambda text: None), **more)


def test_only_plain_values_are_saved_and_objects_come_back(tmp_path):
    buffer = HistoryBuffer([1.5, 2.5], [1, 1], 10)
    checkpoint = dict(meta=dict(seed=np.int64(3), array=np.arange(3), odd=Path('x')),
                      param_schedulers=[dict(a=np.float64(1))],
                      message_hub=dict(log_scalars={'train/loss': buffer}, runtime_info=dict(iter=np.int32(4)),
                                       resumed_keys={'iter': True}))
    hook = PlainCheckpointHook()
    hook.before_save_checkpoint(runner_stub(rng_states=[dict(a=1)]), checkpoint)
    torch.save(checkpoint, tmp_path / 'c.pth')
    loaded = torch.load(tmp_path / 'c.pth', weights_only=True)
    assert loaded['meta']['seed'] == 3
    runner = runner_stub()
    hook.after_load_checkpoint(runner, loaded)
    assert runner.resumed_rng == dict(a=1)
    restored = loaded['message_hub']['log_scalars']['train/loss']
    assert isinstance(restored, HistoryBuffer)
    assert restored.mean() == 2.0
    assert loaded['message_hub']['runtime_info'] == dict(iter=4)


def test_other_number_of_processes_is_told():
    told = []
    runner = runner_stub()
    runner.logger.warning = told.append
    PlainCheckpointHook().after_load_checkpoint(runner, dict(rng=[{}, {}]))
    assert runner.resumed_rng is None
    assert 'of 2 processes, this run has 1' in told[0]


@pytest.fixture
def hook(tmp_path):
    hook = FusionCheckpointHook(interval=1, by_epoch=False, max_keep_ckpts=1)
    runner = SimpleNamespace(work_dir=str(tmp_path), logger=SimpleNamespace(info=print), trains_by_epoch=False,
                             message_hub=SimpleNamespace(runtime_info={}, update_info=lambda *a: None))
    hook.before_train(runner)
    return hook, runner


def test_old_checkpoint_goes_only_after_the_new_one_is_there(hook, tmp_path):
    hook, runner = hook
    runner.save_checkpoint = lambda folder, name, **_: Path(folder, name).write_text('x')
    hook._save_checkpoint_with_step(runner, 1, {})

    def dies(folder, name, **_):
        raise KeyboardInterrupt
    runner.save_checkpoint = dies
    with pytest.raises(KeyboardInterrupt):
        hook._save_checkpoint_with_step(runner, 2, {})
    assert (tmp_path / 'last_checkpoint').read_text() == str(tmp_path / 'iter_1.pth')
    assert (tmp_path / 'iter_1.pth').exists()
    runner.save_checkpoint = lambda folder, name, **_: Path(folder, name).write_text('x')
    hook._save_checkpoint_with_step(runner, 3, {})
    assert (tmp_path / 'last_checkpoint').read_text() == str(tmp_path / 'iter_3.pth')


def test_interval_and_unit_follow_the_loop(train, tmp_path):
    run = tmp_path / 'run'
    assert train(run, '--cfg-options', 'train_cfg.max_epochs=4', 'train_cfg.val_interval=2')[0] == 0
    assert sorted(p.name for p in run.glob('epoch_*.pth')) == ['epoch_2.pth', 'epoch_4.pth']
