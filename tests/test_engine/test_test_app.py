import csv
import hashlib
import json
import os
from pathlib import Path

import pytest
import torch

from drfuse.engine.test_app import main


@pytest.fixture
def checkpoint(train, tmp_path):
    assert train(tmp_path / 'run', '--cfg-options', 'train_cfg.max_epochs=1')[0] == 0
    return tmp_path / 'run' / 'epoch_1.pth'


def test_table_and_files(checkpoint, config_file, tmp_path, capsys):
    out = tmp_path / 'results' / 'toy.json'
    assert main([str(config_file), str(checkpoint), '--work-dir', str(tmp_path / 'test'), '--out', str(out),
                 '--cfg-options', 'test_dataloader.dataset.data=embedded-synthetic']) == 0
    report = json.loads(out.read_text())
    assert report['checkpoint_sha256'] == hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert (report['config'], report['data'], report['trained_on']) == ('toy_config.py', 'embedded-synthetic', 'files')
    values = {stem: v['toy/value'] for stem, v in report['per_image'].items()}
    assert sorted(values) == [f'img{i:02d}' for i in range(5)]
    assert report['means']['toy/value'] == pytest.approx(sum(values.values()) / 5)
    rows = list(csv.DictReader(out.with_suffix('.csv').read_text().splitlines()))
    assert {r['stem']: float(r['toy/value']) for r in rows} == values
    assert {r['data'] for r in rows} == {'embedded-synthetic'}
    text = capsys.readouterr().out
    assert 'data: embedded-synthetic' in text
    assert text.index('data: embedded-synthetic  (trained') < text.index('┃ metric')


def test_averaged_weights_are_tested(checkpoint, config_file, tmp_path):
    """The values are those of the last validation, which used the averaged weights too."""
    out = tmp_path / 'm.json'
    main([str(config_file), str(checkpoint), '--work-dir', str(tmp_path / 'test'), '--out', str(out)])
    validation = json.loads((checkpoint.parent / 'val_metrics.jsonl').read_text())['metrics']['toy/value']
    assert json.loads(out.read_text())['means']['toy/value'] == pytest.approx(validation, abs=1e-6)


def test_code_in_a_checkpoint_is_refused(config_file, tmp_path, capsys):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / 'ran'),)
    torch.save(dict(state_dict={}, meta=Evil()), tmp_path / 'evil.pth')
    assert main([str(config_file), str(tmp_path / 'evil.pth'), '--work-dir', str(tmp_path / 'test')]) == 2
    error = capsys.readouterr().err
    assert error.count('\n') == 1
    assert 'contains code or unsupported objects' in error
    assert not (tmp_path / 'ran').exists()


def test_mistakes_are_one_line(config_file, checkpoint, tmp_path, capsys):
    capsys.readouterr()
    torch.save({'net.0.weight': torch.zeros(2, 2)}, tmp_path / 'other.pth')
    for arguments, text in (([tmp_path / 'none.pth'], 'none.pth does not exist'),
                            ([tmp_path / 'other.pth'], 'does not fit ToyModel'),
                            ([checkpoint, '--cfg-options', 'test_evaluator.0.typ=x'], 'test_evaluator.0.typ is not in'),
                            ([checkpoint, '--cfg-options', 'test_evaluator.0.type=x'], 'x is not in the')):
        assert main([str(config_file), *map(str, arguments), '--work-dir', str(tmp_path / 'test')]) == 2
        error = capsys.readouterr().err
        assert error.count('\n') == 1
        assert text in error


def test_a_model_without_parameters_needs_no_checkpoint(config_file, tmp_path, capsys):
    classical = tmp_path / 'classical.py'
    root = Path(__file__).parents[2] / 'configs'
    classical.write_text(f"""_base_ = ['{root}/_base_/datasets/toy.py', '{root}/_base_/default_runtime.py']
model = dict(type='CascadeFusion', restorers=dict(type='Bicubic'), fuser='maximum')
test_dataloader = dict(dataset=dict(embedded=dict(num=1)))
test_evaluator = dict(_delete_=True, type='PSNR')
""")
    out = tmp_path / 'm.json'
    assert main([str(classical), '--work-dir', str(tmp_path / 'test'), '--out', str(out)]) == 0
    report = json.loads(out.read_text())
    assert (report['checkpoint'], report['checkpoint_sha256'], report['trained_on']) == ('none', '', 'unknown')
    assert report['means']['PSNR/ir'] == 100
    assert 'checkpoint: none\n' in capsys.readouterr().out
    assert main([str(config_file), '--work-dir', str(tmp_path / 'test')]) == 2
    assert 'parameters: name a checkpoint' in capsys.readouterr().err
