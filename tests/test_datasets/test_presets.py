from pathlib import Path

import pytest
from mmengine.config import Config

from drfuse.datasets import presets, set_data_root
from drfuse.registry import DATASETS

CONFIGS = ['m3fd', 'roadscene', 'harvard_petmri', 'harvard_spectmri', 'harvard_ctmri', 'toy']
MODALITIES = dict(m3fd=('ir', 'vis'), roadscene=('ir', 'vis'), toy=('ir', 'vis'), harvard_petmri=('pet', 'mri'),
                  harvard_spectmri=('spect', 'mri'), harvard_ctmri=('ct', 'mri'))


def read(repo_dir, name):
    return Config.fromfile(Path(repo_dir, f'configs/_base_/datasets/{name}.py'))


@pytest.mark.parametrize('name', CONFIGS)
def test_every_config_runs_without_files(repo_dir, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    cfg = read(repo_dir, name)
    assert set(cfg) == {'train_dataloader', 'val_dataloader', 'test_dataloader'}
    stems = []
    for loader in cfg.values():
        dataset = DATASETS.build(loader.dataset)
        assert dataset.metainfo['data'] == 'embedded-synthetic'
        assert dataset.metainfo['modalities'] == MODALITIES[name]
        item = dataset[0]
        side = 64 if name == 'toy' else 256
        if loader is cfg.train_dataloader:
            assert item['data_samples'].image_shape == (side, side)
        stems.append({dataset.get_data_info(i)['stem'] for i in range(len(dataset))})
    assert not stems[0] & stems[2]


@pytest.mark.parametrize(('name', 'folder', 'train', 'test'), [
    ('roadscene', 'roadscene', 181, 20), ('harvard_petmri', 'harvard_pet_mri', 245, 12),
    ('harvard_spectmri', 'harvard_spect_mri', None, None), ('harvard_ctmri', 'harvard_ct_mri', None, None)])
def test_every_config_runs_on_files(repo_dir, shared_dir, name, folder, train, test):
    cfg = read(repo_dir, name)
    set_data_root(cfg, shared_dir / 'data' / folder)
    for loader, number in ((cfg.train_dataloader, train), (cfg.test_dataloader, test)):
        dataset = DATASETS.build(loader.dataset)
        assert dataset.metainfo['data'] == 'files'
        assert len(dataset) > 0
        assert number is None or len(dataset) == number
        assert set(dataset[0]['inputs']) == set(MODALITIES[name])


def test_a_named_folder_that_is_missing_is_an_error(repo_dir, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cfg = read(repo_dir, 'm3fd')
    set_data_root(cfg, 'data/M3FD')
    with pytest.raises(FileNotFoundError, match='no folder data/M3FD/train/ir'):
        DATASETS.build(cfg.train_dataloader.dataset)


def test_file_kinds_are_stated(pairs):
    root = pairs()
    (root / 'train/ir/a.jpg').touch()
    with pytest.raises(ValueError, match=r'images of another kind: a.jpg; allowed are \.png'):
        presets.M3FDDataset(str(root))
