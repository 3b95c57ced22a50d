import json

import torch


def test_source_is_in_log_checkpoint_metrics_and_name(train, tmp_path):
    run = tmp_path / 'run'
    options = ['train_cfg.max_epochs=1', 'train_dataloader.dataset.data=embedded-synthetic']
    assert train(run, '--cfg-options', *options)[0] == 0
    meta = torch.load(run / 'epoch_1.pth', weights_only=True)['meta']
    assert meta['data'] == 'embedded-synthetic'
    assert meta['batch_size'] == 2
    assert '_embedded-synthetic_' in meta['experiment_name']
    assert '===== data: embedded-synthetic' in next(run.glob('*/*.log')).read_text()
    line = json.loads((run / 'val_metrics.jsonl').read_text())
    assert line['data'] == 'files'
    assert line['iter'] == 6
    assert set(line['metrics']) == {'toy/value'}


def test_resume_refuses_other_data_seed_and_batch(train, tmp_path):
    run = tmp_path / 'run'
    assert train(run, '--cfg-options', 'train_cfg.max_epochs=1')[0] == 0
    for option, text in (('train_dataloader.dataset.data=embedded-synthetic', "data of the checkpoint is 'files'"),
                         ('train_dataloader.dataset.data_root=elsewhere', 'data_root of the checkpoint is'),
                         ('randomness.seed=8', 'seed of the checkpoint is 7, of this run 8'),
                         ('train_dataloader.batch_size=3', 'batch_size of the checkpoint is 2, of this run 3')):
        code, error = train(run, '--resume', '--cfg-options', option)
        assert code == 2
        assert error.count('\n') == 1
        assert text in error


def test_other_number_of_threads_is_told(train, tmp_path, monkeypatch):
    train(tmp_path / 'run', '--cfg-options', 'train_cfg.max_epochs=1')
    monkeypatch.setattr(torch, 'get_num_threads', lambda: 64)
    assert train(tmp_path / 'run', '--resume', '--cfg-options', 'train_cfg.max_epochs=2')[0] == 0
    logs = ''.join(p.read_text() for p in (tmp_path / 'run').glob('*/*.log'))
    assert logs.count('CPU threads, this run has 64: it continues, but not bit for bit') == 1


def test_moved_data_can_be_resumed_on_request(train, tmp_path):
    run = tmp_path / 'run'
    train(run, '--cfg-options', 'train_cfg.max_epochs=1')
    code, error = train(run, '--resume', '--data-root', 'moved', '--cfg-options', 'custom_hooks.0.check_root=False',
                        'train_cfg.max_epochs=2')
    assert (code, error) == (0, '')
    assert (run / 'epoch_2.pth').exists()
