import os
import random

import numpy as np
import pytest
import torch

from drfuse.engine.runner import FusionRunner
from drfuse.utils.checkpoint import CheckpointError
from drfuse.utils.config import UserError, load_config


@pytest.fixture
def runner(config_file, tmp_path):
    def build(**changes):
        cfg = load_config(config_file)
        cfg.work_dir = str(tmp_path / 'run')
        cfg.merge_from_dict(changes)
        return FusionRunner.from_cfg(cfg)
    return build


def test_a_checkpoint_is_complete_or_absent(runner, tmp_path, monkeypatch):
    first = runner()
    first.train()
    path = tmp_path / 'run' / 'epoch_4.pth'
    content = path.read_bytes()

    def dies(checkpoint, name, *_, **__):
        with open(name, 'wb') as file:
            file.write(b'half')
        raise KeyboardInterrupt
    monkeypatch.setattr('mmengine.runner.runner.save_checkpoint', dies)
    with pytest.raises(KeyboardInterrupt):
        first.save_checkpoint(str(path.parent), path.name)
    assert path.read_bytes() == content


def test_data_loader_draws_nothing_from_the_global_state(runner):
    loader = runner().build_dataloader(load_config(runner().cfg.filename).val_dataloader, seed=1)
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    list(loader)
    assert torch.equal(states[0], torch.get_rng_state())
    assert (np.random.get_state()[1].tolist(), random.getstate()) == states[1:]  # noqa: NPY002


def test_wrong_types_and_arguments_are_one_line_with_the_file(runner, config_file):
    for change, text in (({'model.type': 'ToyModle'}, 'ToyModle is not in the drfuse::model registry'),
                         ({'model.widht': 3}, "unexpected keyword argument 'widht'")):
        with pytest.raises(UserError) as info:
            runner(**change)
        assert str(config_file) in str(info.value)
        assert text in str(info.value)
        assert '\n' not in str(info.value)
    for change, text in (({'optim_wrapper.optimizer.type': 'Adm'}, 'optimizer Adm is not in'),
                         ({'train_dataloader.dataset.lenght': 3}, 'lenght'), ({'val_evaluator.0.type': 'PNSR'}, 'PNSR'),
                         ({'param_scheduler.milestone': 3}, 'milestone'), ({'train_cfg.epochs': 3}, 'epochs')):
        with pytest.raises(UserError, match=text):
            runner(**change).train()


def test_own_noise_of_mmengine_is_not_logged(runner, tmp_path):
    runner(**{'train_cfg.max_epochs': 1}).train()
    log = next((tmp_path / 'run').glob('*/*.log')).read_text()
    assert 'epoch_1' in log or 'Saving checkpoint' in log
    assert 'FileClient' not in log
    assert 'HardDiskBackend' not in log


def test_weights_alone_cannot_be_resumed(runner, tmp_path):
    first = runner()
    torch.save(first.model.state_dict(), tmp_path / 'weights.pth')
    second = runner(resume=True, load_from=str(tmp_path / 'weights.pth'))
    with pytest.raises(CheckpointError, match='holds weights only and cannot be resumed'):
        second.train()


def test_fine_tuning_takes_what_fits_and_says_what_does_not(runner, tmp_path):
    state = runner().model.state_dict()
    state['extra'] = torch.zeros(1)
    torch.save(state, tmp_path / 'w.pth')
    tuned = runner(load_from=str(tmp_path / 'w.pth'), **{'train_cfg.max_epochs': 1})
    tuned.call_hook('before_run')
    tuned.load_or_resume()
    assert all(torch.equal(v, state[k]) for k, v in tuned.model.state_dict().items())
    assert 'unexpected extra' in next((tmp_path / 'run').glob(f'{tuned.timestamp}/*.log')).read_text()


def test_cosine_length_is_that_of_the_training(runner):
    changed = runner()
    changed._train_loop = changed.build_train_loop(changed._train_loop)
    changed.optim_wrapper = changed.build_optim_wrapper(changed.optim_wrapper)
    for by_epoch, length in ((True, 4), (False, 24)):
        scheduler = changed.build_param_scheduler(dict(type='CosineAnnealingLR', T_max=None, by_epoch=by_epoch))[0]
        assert scheduler.T_max == length


def test_saving_between_two_optimizer_steps_is_told(runner, tmp_path):
    for name, counts in (('a', 2), ('b', 5)):
        runner(work_dir=str(tmp_path / name), **{'optim_wrapper.accumulative_counts': counts, 'train_cfg.max_epochs': 2,
                                                 'train_cfg.val_interval': 1, 'model.dropout': 0.0}).train()
    told = [next((tmp_path / name).glob('*/*.log')).read_text().count('between two optimizer steps') for name in 'ab']
    assert told[0] == 0
    assert told[1] > 0


def test_loop_type_is_known_before_it_is_built(runner):
    assert runner().trains_by_epoch
    cfg = load_config(runner().cfg.filename)
    cfg.work_dir = runner().work_dir
    cfg.train_cfg = dict(type='FusionIterTrainLoop', max_iters=2)
    cfg.log_processor = dict(type='LogProcessor')
    built = FusionRunner.from_cfg(cfg)
    assert not built.trains_by_epoch
    assert built.log_processor.by_epoch is False


def test_pretrained_backbones_are_read_safely(tmp_path):
    from mmengine.runner import CheckpointLoader

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / 'ran'),)
    torch.save(dict(state_dict=Evil()), tmp_path / 'evil.pth')
    with pytest.raises(CheckpointError, match='was not executed'):
        CheckpointLoader.load_checkpoint(str(tmp_path / 'evil.pth'))
    assert not (tmp_path / 'ran').exists()


@pytest.fixture
def trained(repo_dir, tmp_path):
    """Train the demo's model for two iterations, with a validation in between; return runner and parameters."""
    def run(name, options):
        cfg = load_config(repo_dir / 'configs/demo/ivf_demo.py')
        options = dict(options, _delete_=True) if isinstance(options, dict) else options
        cfg.merge_from_dict(dict(compile=options, work_dir=str(tmp_path / name), custom_hooks=[],
                                 train_cfg=dict(max_iters=2, val_interval=1)))
        cfg.val_dataloader.dataset.embedded.num = 2
        cfg.train_dataloader.update(batch_size=1, num_workers=0, persistent_workers=False)
        cfg.val_dataloader.update(num_workers=0, persistent_workers=False)
        runner = FusionRunner.from_cfg(cfg)
        runner.train()
        return runner, torch.cat([p.detach().flatten() for p in runner.model.parameters()])
    return run


@pytest.mark.filterwarnings('ignore:The .grad attribute')  # of the compiler's own
@pytest.mark.parametrize('options', [dict(backend='eager'), pytest.param(True, marks=pytest.mark.slow)])
def test_a_compiled_network_learns_the_same(trained, options):
    runner, compiled = trained('compiled', options)
    assert runner.model.backbone._compiled_call_impl is not None
    plain, expected = trained('plain', False)
    assert plain.model.backbone._compiled_call_impl is None
    assert list(runner.model.state_dict()) == list(plain.model.state_dict())
    gap = (compiled - expected).abs()
    # Adam takes a whole step either way where a gradient is nothing but rounding
    assert float((gap > 1e-4).double().mean()) < 1e-4 and float(gap.max()) < 5e-3


def test_unknown_options_of_the_compiler_are_one_line(trained):
    with pytest.raises(UserError, match='ivf_demo.py.*no_such_option'):
        trained('wrong', dict(no_such_option=1))


def test_config_text_of_a_checkpoint_is_not_executed(runner, tmp_path):
    runner(**{'train_cfg.max_epochs': 1}).train()
    content = torch.load(tmp_path / 'run' / 'epoch_1.pth', weights_only=True)
    content['meta']['config'] = f'open({str(tmp_path / "ran")!r}, "w").close()'
    torch.save(content, tmp_path / 'evil.pth')
    resumed = runner(resume=True, load_from=str(tmp_path / 'evil.pth'), **{'train_cfg.max_epochs': 2})
    resumed.train()
    assert not (tmp_path / 'ran').exists()
    assert (tmp_path / 'run' / 'epoch_2.pth').exists()
    assert 'meta.config of' in next((tmp_path / 'run').glob(f'{resumed.timestamp}/*.log')).read_text()


def test_a_run_without_a_seed_resumes_with_that_of_the_checkpoint(train, same, tmp_path):
    whole, resumed = tmp_path / 'whole', tmp_path / 'resumed'
    options = ['--cfg-options', 'randomness.seed=None', 'train_cfg.max_epochs=2']
    assert train(whole, *options) == (0, '')
    assert train(resumed, '--resume', whole / 'epoch_1.pth', *options) == (0, '')
    assert same(resumed / 'epoch_2.pth', whole / 'epoch_2.pth') == []


@pytest.mark.parametrize('kind', ['FusionOptimWrapper', 'BF16OptimWrapper'])
def test_updates_left_out_before_a_resume_count_after_it(runner, tmp_path, kind):
    options = {'optim_wrapper.type': kind, 'optim_wrapper.skip_norm': 1e-9, 'optim_wrapper.patience': 8}
    runner(**options, **{'train_cfg.max_epochs': 1}).train()
    with pytest.raises(UserError, match='8 of the last 8 gradients'):  # six of them before the resume
        runner(**options, **{'train_cfg.max_epochs': 2}, resume=True).train()
    path = tmp_path / 'run' / 'epoch_1.pth'
    content = torch.load(path, weights_only=True)
    for name in ('left_out', 'recent'):  # as checkpoints were before they held these
        del content['optimizer'][name]
    torch.save(content, path)
    runner(**options, **{'train_cfg.max_epochs': 2}, resume=True).train()
    assert (tmp_path / 'run' / 'epoch_2.pth').exists()
