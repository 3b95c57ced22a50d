import os
import signal

import pytest
import torch
from mmengine.hooks import Hook

from drfuse.registry import HOOKS


@HOOKS.register_module()
class SignalHook(Hook):
    """Sends this process a signal at one moment of training."""

    number, moment, at = signal.SIGINT, 'train', 0

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if SignalHook.moment == 'train' and runner.iter == SignalHook.at:
            os.kill(os.getpid(), SignalHook.number)

    def before_val_iter(self, runner, batch_idx, data_batch=None):
        if SignalHook.moment == 'val' and runner.iter == SignalHook.at:
            os.kill(os.getpid(), SignalHook.number)


@pytest.fixture
def interrupted(tmp_path, config_file, capsys):
    from drfuse.engine.train_app import main
    from drfuse.utils.config import load_config

    def run(name, number=signal.SIGINT, moment='train', at=-1, *arguments):
        SignalHook.number, SignalHook.moment, SignalHook.at = number, moment, at
        cfg = load_config(config_file)
        cfg.custom_hooks.append(dict(type='SignalHook'))
        cfg.dump(str(tmp_path / 'toy.py'))
        code = main([str(tmp_path / 'toy.py'), '--work-dir', str(tmp_path / name), *arguments], 'python tools/train.py')
        return code, capsys.readouterr().err
    return run


@pytest.mark.parametrize(('number', 'moment', 'at'), [
    (signal.SIGINT, 'train', 8), (signal.SIGTERM, 'train', 11), (signal.SIGTERM, 'val', 12)])
def test_signal_leaves_a_state_that_continues_bit_for_bit(interrupted, same, tmp_path, number, moment, at):
    handlers = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)]
    assert interrupted('whole')[0] == 0
    code, error = interrupted('cut', number, moment, at)
    assert code == 130
    assert error.count('\n') == 1
    assert f'interrupted after iteration {at + (moment == "train")};' in error
    command = f'python tools/train.py {tmp_path}/toy.py --work-dir {tmp_path}/cut --resume'
    assert error.strip().endswith(command)
    assert (tmp_path / 'cut' / 'last_checkpoint').read_text().endswith('interrupted.pth')
    assert interrupted('cut', number, 'never', 0, '--resume') == (0, '')
    assert same(tmp_path / 'whole' / 'epoch_4.pth', tmp_path / 'cut' / 'epoch_4.pth') == []
    assert [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_interrupted_validation_saves_training_weights_not_averaged_ones(interrupted, tmp_path):
    interrupted('cut', signal.SIGTERM, 'val', 12)
    regular = torch.load(tmp_path / 'cut' / 'epoch_2.pth', weights_only=True)
    saved = torch.load(tmp_path / 'cut' / 'interrupted.pth', weights_only=True)
    assert saved['meta']['iter'] == regular['meta']['iter'] == 12
    assert all(torch.equal(saved['state_dict'][k], v) for k, v in regular['state_dict'].items())
    assert 'full_validation_iter' not in saved['message_hub']['runtime_info'] or \
        saved['message_hub']['runtime_info']['full_validation_iter'] == 6


def test_second_signal_ends_at_once():
    from drfuse.engine.interrupt_hook import InterruptHook
    outside = signal.getsignal(signal.SIGINT)  # jobs in the background of a shell ignore Ctrl-C
    before = signal.default_int_handler
    signal.signal(signal.SIGINT, before)
    hook = InterruptHook()
    hook.before_train(None)
    signal.raise_signal(signal.SIGINT)  # in this thread, and handled before it returns
    assert hook.requested
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    hook.after_train(None)
    assert signal.getsignal(signal.SIGINT) == before
    signal.signal(signal.SIGINT, outside)


def test_a_failed_training_leaves_no_handler(train, tmp_path, monkeypatch):
    import toy_parts

    def broken(dataset, key):
        raise ValueError('no sample')
    monkeypatch.setattr(toy_parts.ToyDataset, '__getitem__', broken)
    before = signal.getsignal(signal.SIGINT)
    code, error = train(tmp_path / 'run')
    assert (code, error.startswith('error: no sample')) == (2, True)
    assert signal.getsignal(signal.SIGINT) == before
