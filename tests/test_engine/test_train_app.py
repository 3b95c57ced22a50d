import os
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from drfuse.engine import train_app
from drfuse.engine.train_app import build_parser, prepare_config, resume_command, use_amp
from drfuse.utils.config import UserError


def prepared(config_file, *arguments):
    return prepare_config(build_parser('train').parse_args([str(config_file), *arguments]))


@pytest.mark.parametrize(('arguments', 'text'), [
    (['--cfg-options', 'modle.width=3'], 'modle.width is not in'),
    (['--cfg-options', 'model.widht=3'], 'closest key: model.width'),
    (['--cfg-options', 'model.width'], 'KEY=VALUE'),
    (['--cfg-options', 'model.type=Toy'], 'Toy is not in the drfuse::model registry'),
    (['--cfg-options', 'train_dataloader.dataset.type=Nothing'], 'Nothing is not in the drfuse::dataset registry'),
    (['--resume', 'nothing.pth'], 'checkpoint nothing.pth does not exist'),
    (['--launcher', 'pytorch'], 'is not set; start with torchrun'),
    (['--cfg-options', 'train_dataloader.dataset.length=1'], '1 samples are fewer than one batch of 2')])
def test_mistakes_are_one_line_and_exit_code_2(train, tmp_path, monkeypatch, arguments, text):
    monkeypatch.delenv('RANK', raising=False)
    code, error = train(tmp_path / 'run', *arguments)
    assert code == 2
    assert error.count('\n') == 1
    assert text in error


def test_missing_and_broken_configs(tmp_path, capsys):
    assert train_app.main([str(tmp_path / 'none.py')]) == 2
    broken = tmp_path / 'broken.py'
    broken.write_text('a = (\n')
    assert train_app.main([str(broken)]) == 2
    empty = tmp_path / 'empty.py'
    empty.write_text('a = 1\n')
    assert train_app.main([str(empty)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert 'does not exist' in lines[0]
    assert 'broken.py' in lines[1]
    assert 'has no model' in lines[2]


def test_arguments_reach_the_config(config_file, monkeypatch):
    cfg = prepared(config_file, '--seed', '5', '--data-root', 'elsewhere', '--auto-scale-lr', '--resume', '--amp')
    assert cfg.randomness.seed == 5
    assert cfg.train_dataloader.dataset.data_root == cfg.val_dataloader.dataset.data_root == 'elsewhere'
    assert cfg.auto_scale_lr.enable
    assert (cfg.resume, cfg.load_from) == (True, None)
    assert cfg.work_dir == str(Path('work_dirs', 'toy_config'))
    assert prepared(config_file, '--resume', 'a.pth').load_from == 'a.pth'


def test_amp_fits_the_device(monkeypatch):
    cfg = Config(dict(optim_wrapper=dict(type='FusionOptimWrapper', skip_norm=9.0, patience=2)))
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    use_amp(cfg)
    assert cfg.optim_wrapper.type == 'BF16OptimWrapper'
    use_amp(cfg)  # a wrapper chosen in the config stays
    assert cfg.optim_wrapper.type == 'BF16OptimWrapper'
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    for bf16 in (True, False):
        monkeypatch.setattr(torch.cuda, 'is_bf16_supported', lambda bf16=bf16, **_: bf16)
        cfg.optim_wrapper.type = 'FusionOptimWrapper'
        use_amp(cfg)
        if bf16:  # large gradients are left out there as on a CPU
            assert cfg.optim_wrapper == dict(type='BF16OptimWrapper', skip_norm=9.0, patience=2)
    assert cfg.optim_wrapper == dict(type='AmpOptimWrapper', loss_scale='dynamic')
    with pytest.raises(UserError, match='got ApexOptimWrapper'):
        use_amp(Config(dict(optim_wrapper=dict(type='ApexOptimWrapper'))))


def test_bf16_training_runs_and_differs(train, same, tmp_path):
    for name, extra in (('full', []), ('amp', ['--amp'])):
        assert train(tmp_path / name, *extra, '--cfg-options', 'train_cfg.max_epochs=1')[0] == 0
    assert same(tmp_path / 'full' / 'epoch_1.pth', tmp_path / 'amp' / 'epoch_1.pth')


def test_auto_scale_lr(train, losses, tmp_path):
    assert train(tmp_path / 'run', '--auto-scale-lr', '--cfg-options', 'train_cfg.max_epochs=1')[0] == 0
    group = torch.load(tmp_path / 'run' / 'epoch_1.pth', weights_only=True)['optimizer']['param_groups'][0]
    assert group['initial_lr'] == pytest.approx(1e-2 * 2 / 4)


def test_same_seed_same_run_other_seed_other_run(train, same, tmp_path):
    for name, seed in (('a', 1), ('b', 1), ('c', 2)):
        train(tmp_path / name, '--seed', seed, '--cfg-options', 'train_cfg.max_epochs=1')
    assert same(tmp_path / 'a' / 'epoch_1.pth', tmp_path / 'b' / 'epoch_1.pth') == []
    assert same(tmp_path / 'a' / 'epoch_1.pth', tmp_path / 'c' / 'epoch_1.pth')


def test_size_source_eta_and_small_twin_are_told(train, tmp_path, monkeypatch):
    monkeypatch.setattr(train_app, 'LARGE_MODEL', 40)
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    train(tmp_path / 'run', '--cfg-options', 'train_cfg.max_epochs=1', 'cpu_twin=configs/small.py')
    log = next((tmp_path / 'run').glob('*/*.log')).read_text()
    assert 'ToyModel: 49 parameters' in log
    assert '===== data: files' in log
    assert 'eta:' in log
    assert 'a small version of it is configs/small.py' in log


def test_resume_without_a_checkpoint_starts_anew_and_says_so(train, tmp_path):
    assert train(tmp_path / 'run', '--resume', '--cfg-options', 'train_cfg.max_epochs=1')[0] == 0
    assert 'training starts from the beginning' in next((tmp_path / 'run').glob('*/*.log')).read_text()


def test_resume_refuses_code_in_a_checkpoint(train, tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / 'ran'),)
    torch.save(dict(state_dict={}, meta=Evil()), tmp_path / 'evil.pth')
    code, error = train(tmp_path / 'run', '--resume', tmp_path / 'evil.pth')
    assert code == 2
    assert error.count('\n') == 1
    assert 'contains code or unsupported objects' in error
    assert 'not executed' in error
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize(('argv', 'command'), [
    (['c.py'], 'p c.py --resume'), (['c.py', '--resume'], 'p c.py --resume'),
    (['c.py', '--resume', 'a.pth', '--amp'], 'p c.py --amp --resume'),
    (['c.py', '--resume', 'runs/ckpt', '--amp'], 'p c.py --amp --resume'),
    (['c.py', '--resume', '--amp'], 'p c.py --amp --resume'), (['--resume=a.pth', 'c.py'], 'p c.py --resume'),
    (['c.py', '--cfg-options', 'a=b c'], "p c.py --cfg-options 'a=b c' --resume")])
def test_resume_command(monkeypatch, argv, command):
    monkeypatch.delenv('TORCHELASTIC_RUN_ID', raising=False)
    assert resume_command(argv, 'p') == command


def test_resume_command_of_several_processes(monkeypatch):
    monkeypatch.setenv('TORCHELASTIC_RUN_ID', 'x')
    monkeypatch.setenv('LOCAL_WORLD_SIZE', '2')
    command = resume_command(['c.py'], 'python tools/train.py')
    assert command == 'torchrun --nproc_per_node 2 tools/train.py c.py --resume'
