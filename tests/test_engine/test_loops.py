"""A run that was stopped anywhere and resumed equals the uninterrupted one bit for bit.

The toy draws dropout from torch's global state, and its augmentation from Python's, NumPy's and torch's.
"""

import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.hooks import Hook

from drfuse.registry import HOOKS


class Killed(BaseException):
    pass


@HOOKS.register_module()
class KillHook(Hook):
    """Ends the run as a kill would, after the checkpoints of the iteration."""

    priority = 'LOWEST'
    at = None
    loaded = None

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if KillHook.loaded is None:
            KillHook.loaded = list(runner.train_dataloader.dataset.loads)

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if runner.iter + 1 == KillHook.at:
            raise Killed


@pytest.fixture
def toy_run(tmp_path):
    """Train, with changes to the toy config: ``toy_run(name, change, kill_at, resume)`` returns the work directory."""
    from drfuse.engine.train_app import build_parser, train
    from drfuse.utils.config import load_config

    def run(name, change, kill_at=None, resume=False):
        cfg = load_config(Path(__file__).parent / 'parts' / 'toy_config.py')
        cfg.custom_hooks.append(dict(type='KillHook'))
        change(cfg)
        path = tmp_path / 'toy.py'
        cfg.dump(str(path))
        KillHook.at, KillHook.loaded = kill_at, None
        # what a fresh process would not share with the last one
        np.random.seed(kill_at), torch.manual_seed(kill_at or 0)  # noqa: NPY002
        arguments = [str(path), '--work-dir', str(tmp_path / name)] + ['--resume'] * resume
        try:
            train(build_parser('train').parse_args(arguments))
        except Killed:
            assert kill_at
        return tmp_path / name
    return run


def by_epoch(cfg):
    pass


def in_mid_epoch(cfg):
    cfg.default_hooks.checkpoint.update(by_epoch=False, interval=4)


def by_iteration(cfg):
    cfg.train_cfg = dict(type='FusionIterTrainLoop', max_iters=20, val_begin=1, val_interval=3)
    cfg.param_scheduler = dict(type='CosineAnnealingLR', T_max=None, by_epoch=False)


def endlessly(cfg):
    by_iteration(cfg)
    cfg.train_dataloader.batch_sampler.infinite = True


def with_plain_sampler(cfg):
    in_mid_epoch(cfg)
    cfg.train_dataloader.pop('batch_sampler')
    cfg.train_dataloader.dataset.augment = False


def with_workers(cfg):
    # workers own their global states, so augmentation has to be keyed there
    in_mid_epoch(cfg)
    cfg.train_dataloader.update(num_workers=1, persistent_workers=True)
    cfg.train_dataloader.dataset.augment = False


@pytest.mark.parametrize(('change', 'kill_at', 'last'), [
    (by_epoch, 9, 'epoch_4.pth'), (by_epoch, 15, 'epoch_4.pth'), (in_mid_epoch, 5, 'iter_24.pth'),
    (in_mid_epoch, 17, 'iter_24.pth'), (in_mid_epoch, 13, 'iter_24.pth'), (by_iteration, 8, 'iter_20.pth'),
    (by_iteration, 15, 'iter_20.pth'), (endlessly, 10, 'iter_20.pth'), (with_plain_sampler, 10, 'iter_24.pth'),
    pytest.param(with_workers, 10, 'iter_24.pth', marks=pytest.mark.slow)])
def test_resumed_run_equals_uninterrupted_run(toy_run, same, change, kill_at, last):
    whole = toy_run('whole', change)
    killed = toy_run('killed', change, kill_at=kill_at)
    assert not (killed / last).exists()
    toy_run('killed', change, resume=True)
    assert same(whole / last, killed / last) == []
    best = [sorted(p.name for p in folder.glob('best_*')) for folder in (whole, killed)]
    assert best[0] == best[1]


def test_rng_state_matters(toy_run, same, monkeypatch):
    whole = toy_run('whole', in_mid_epoch)
    killed = toy_run('killed', in_mid_epoch, kill_at=17)
    monkeypatch.setattr('drfuse.engine.runner.FusionRunner.restore_rng', lambda self: None)
    toy_run('killed', in_mid_epoch, resume=True)
    assert same(whole / 'iter_24.pth', killed / 'iter_24.pth')


def test_resume_loads_no_skipped_image(toy_run):
    toy_run('run', in_mid_epoch, kill_at=11)
    toy_run('run', in_mid_epoch, resume=True)
    assert len(KillHook.loaded) == 2  # one batch


def test_changed_epoch_length_is_refused(toy_run):
    from drfuse.utils.checkpoint import CheckpointError
    toy_run('run', in_mid_epoch, kill_at=23)

    def change(cfg):
        in_mid_epoch(cfg)
        cfg.train_dataloader.dataset.length = 30
    with pytest.raises(CheckpointError, match='an epoch has 15 iterations now'):
        toy_run('run', change, resume=True)


def test_validation_in_front_of_which_the_run_was_killed_is_caught_up(toy_run):
    def change(cfg):
        by_iteration(cfg)
        cfg.train_cfg.val_interval = 6
        cfg.default_hooks.checkpoint.interval = 6
    run = toy_run('run', change, kill_at=6)
    assert not (run / 'val_metrics.jsonl').exists()
    toy_run('run', change, resume=True)
    iterations = [line.split(',')[0] for line in (run / 'val_metrics.jsonl').read_text().splitlines()]
    assert iterations == [f'{{"iter": {i}' for i in (6, 12, 18, 20)]


@pytest.mark.slow
@pytest.mark.parametrize('processes', [1, 2])
def test_sigkill_at_a_random_iteration(start, tmp_path, config_file, same, processes):
    options = ['--cfg-options', 'default_hooks.checkpoint.by_epoch=False', 'default_hooks.checkpoint.interval=1',
               'default_hooks.checkpoint.max_keep_ckpts=1', 'train_cfg.max_epochs=3']
    options += ['--launcher', 'pytorch'] if processes > 1 else []
    tool = Path(__file__).resolve().parents[2] / 'tools' / 'train.py'
    last = f'iter_{18 // processes}.pth'
    whole, killed = tmp_path / 'whole', tmp_path / 'killed'
    first = start(tool, config_file, '--work-dir', whole, *options, processes=processes, cwd=tmp_path)
    victim = start(tool, config_file, '--work-dir', killed, *options, processes=processes, cwd=tmp_path,
                   environment=dict(TOY_DELAY='0.1'))
    moment = int(np.random.default_rng().integers(2, 16 // processes))
    victim.wait_for(lambda: (killed / f'iter_{moment}.pth').exists())
    victim.kill(signal.SIGKILL)
    assert victim.finish()[0] == -signal.SIGKILL
    code, text = first.finish()
    assert code == 0, text[-3000:]
    code, text = start(tool, config_file, '--work-dir', killed, '--resume', *options, processes=processes,
                       cwd=tmp_path).finish()
    assert code == 0, text[-3000:]
    assert same(whole / last, killed / last) == [], f'killed after iteration {moment}'
