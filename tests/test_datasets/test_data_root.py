import pytest
from mmengine.config import Config

from drfuse.datasets.data_root import set_data_root


def config():
    dataset = dict(type='PairedFusionDataset', data_root='data/X', embedded=dict(task='ivf', data_root='data/X'))
    return Config(dict(train_dataloader=dict(dataset=dict(dataset)), val_dataloader=None,
                       test_dataloader=dict(dataset=dict(type='ConcatDataset', datasets=[dataset, dict(dataset)]))))


def test_reaches_every_dataset_and_ends_the_stand_in():
    cfg = config()
    assert set_data_root(cfg, 'elsewhere') == 3
    datasets = [cfg.train_dataloader.dataset, *cfg.test_dataloader.dataset.datasets]
    assert all(d.data_root == 'elsewhere' and 'embedded' not in d for d in datasets)


def test_a_config_without_a_folder_is_refused():
    cfg = Config(dict(train_dataloader=dict(dataset=dict(type='PairedFusionDataset'))))
    with pytest.raises(ValueError, match='data_root x: no dataset of the config has a data_root'):
        set_data_root(cfg, 'x')
