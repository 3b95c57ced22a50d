"""Two processes on a CPU: the same training, exact metrics, one common stop."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest
import torch

TOOLS = Path(__file__).resolve().parents[2] / 'tools'
NO_CHANCE = ['model.dropout=0.0', 'train_dataloader.dataset.augment=False', 'train_cfg.max_epochs=2']

pytestmark = pytest.mark.slow


def shell(script, *arguments):
    return ['-c', 'import os, sys; os.execvp("bash", ["bash", *sys.argv[1:]])', TOOLS / script, *arguments]


def test_two_processes_train_and_measure_like_one(start, train, config_file, tmp_path):
    one, two = tmp_path / 'one', tmp_path / 'two'
    environment = dict(PYTHON=sys.executable, PORT='29731')
    process = start(*shell('dist_train.sh', config_file, 2, '--work-dir', two, '--cfg-options', *NO_CHANCE,
                           'train_dataloader.batch_size=1'), environment=environment, cwd=tmp_path)
    assert train(one, '--cfg-options', *NO_CHANCE)[0] == 0
    code, text = process.finish()
    assert code == 0, text[-3000:]
    first, second = (torch.load(folder / 'epoch_2.pth', weights_only=True) for folder in (one, two))
    assert first['meta']['batch_size'] == second['meta']['batch_size'] == 2
    assert len(second['rng']) == 2
    for name, weight in first['state_dict'].items():
        torch.testing.assert_close(second['state_dict'][name], weight, rtol=1e-5, atol=1e-6)

    from drfuse.engine.test_app import main
    assert main([str(config_file), str(one / 'epoch_2.pth'), '--work-dir', str(tmp_path), '--out',
                 str(one / 'm.json')]) == 0
    code, text = start(*shell('dist_test.sh', config_file, one / 'epoch_2.pth', 2, '--work-dir', tmp_path, '--out',
                              two / 'm.json', '--cfg-options', 'test_dataloader.batch_size=1'),
                       environment=environment, cwd=tmp_path).finish()
    assert code == 0, text[-3000:]
    assert text.count('data: files  (trained on: files)  images: 5') == 1
    alone, shared = (json.loads((folder / 'm.json').read_text()) for folder in (one, two))
    assert sorted(shared['per_image']) == [f'img{i:02d}' for i in range(5)]  # 5 images on 2 processes
    for stem, values in alone['per_image'].items():
        assert shared['per_image'][stem] == pytest.approx(values, abs=1e-6)
    assert shared['means'] == pytest.approx(alone['means'], abs=1e-6)


def test_a_signal_to_one_process_stops_both(start, config_file, tmp_path, same):
    run = tmp_path / 'run'
    arguments = [TOOLS / 'train.py', config_file, '--work-dir', run, '--launcher', 'pytorch', '--cfg-options',
                 'default_hooks.checkpoint.by_epoch=False', 'default_hooks.checkpoint.interval=1']
    process = start(*arguments, processes=2, environment=dict(TOY_DELAY='0.2'), cwd=tmp_path)
    process.wait_for(lambda: (run / 'iter_2.pth').exists())
    children = [int(p) for p in
                Path(f'/proc/{process.process.pid}/task/{process.process.pid}/children').read_text().split()]
    workers = [p for p in children if b'train.py' in Path(f'/proc/{p}/cmdline').read_bytes()]
    os.kill(workers[-1], signal.SIGTERM)
    code, text = process.finish()
    assert code != 0
    assert text.count('interrupted after iteration') == 2, text[-3000:]
    assert 'torchrun --nproc_per_node 2' in text
    assert len(torch.load(run / 'interrupted.pth', weights_only=True)['rng']) == 2
