"""The command lines around data sets."""

import json
import runpy
import sys

import pytest

from drfuse.datasets import M3FDDataset
from drfuse.datasets.image_io import read_image


@pytest.fixture
def tool(repo_dir, monkeypatch):
    def run(script, *arguments):
        monkeypatch.setattr(sys, 'argv', [script, *map(str, arguments)])
        runpy.run_path(str(repo_dir / 'tools' / script), run_name='__main__')

    return run


def unpack(pairs, folders, root):
    """Write pairs as an archive has them: folder of the infrared to folder of the visible images."""
    for infrared, visible in folders.items():
        made = pairs([f'{i:02d}' for i in range(20)], size=(8, 8), root=root / 'made')
        (root / infrared).parent.mkdir(parents=True, exist_ok=True)
        (made / 'train/ir').rename(root / infrared)
        (made / 'train/vi').rename(root / visible)


def test_m3fd(tool, pairs, tmp_path, capsys):
    unpack(pairs, {'M3FD_Detection/Ir': 'M3FD_Detection/Vis', 'M3FD_Fusion/ir': 'M3FD_Fusion/vis'}, tmp_path)
    tool('dataset_converters/m3fd.py', tmp_path, '--out', tmp_path / 'out')
    assert "{'train': 20, 'test': 20} pairs" in capsys.readouterr().out
    assert len(M3FDDataset(str(tmp_path / 'out'), split='test')) == 20


def test_roadscene_splits_as_the_shared_set(tool, pairs, tmp_path):
    unpack(pairs, {'cropinfrared': 'crop_LR_visible'}, tmp_path)
    tool('dataset_converters/roadscene.py', tmp_path, '--out', tmp_path / 'out', '--copy')
    assert sorted(p.stem for p in (tmp_path / 'out/test/vi').iterdir()) == ['09', '19']
    assert len(list((tmp_path / 'out/train/ir').iterdir())) == 18


def test_harvard(tool, pairs, tmp_path):
    unpack(pairs, {f'MyDatasets/PET-MRI/{s}/PET': f'MyDatasets/PET-MRI/{s}/MRI' for s in ('train', 'test')}, tmp_path)
    tool('dataset_converters/harvard.py', tmp_path, '--sets', 'PET-MRI', '--out', tmp_path / 'out')
    assert len(list((tmp_path / 'out/PET-MRI/test/pet').iterdir())) == 20


def test_degrade_dataset(tool, repo_dir, pairs, tmp_path):
    root = pairs(split='test')
    pairs(root=root)
    config = tmp_path / 'c.py'
    config.write_text(f"_base_ = ['{repo_dir / 'configs/_base_/datasets/m3fd.py'}']\n"
                      "pool = [dict(type='AveragePool', factor=4)]\n"
                      'test_dataloader = dict(dataset=dict(degradations=dict(ir=pool)))\n')
    arguments = ('analysis_tools/degrade_dataset.py', config, '--out', tmp_path / 'out', '--data-root', root)
    tool(*arguments)
    assert read_image(tmp_path / 'out/ir/a.png').shape == (6, 8)
    assert json.loads((tmp_path / 'out/degradations.json').read_text())['split'] == 'test'
    with pytest.raises(SystemExit) as stop:
        tool(*arguments)
    assert stop.value.code == 2
    tool(*arguments, '--overwrite')
