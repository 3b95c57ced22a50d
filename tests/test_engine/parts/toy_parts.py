"""A tiny model, data set and metric that draw from every global random state."""

import os
import random
import time

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from mmengine.structures import BaseDataElement
from torch import nn
from torch.utils.data import Dataset

from drfuse.registry import DATASETS, METRICS, MODELS


@MODELS.register_module()
class ToyModel(BaseModel):
    def __init__(self, width=8, dropout=0.5, noisy_val=True):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, 1))
        self.noisy_val = noisy_val

    def forward(self, inputs, targets, names=None, mode='tensor'):
        out = self.net(torch.stack(inputs))[:, 0]
        if mode == 'loss':
            time.sleep(float(os.environ.get('TOY_DELAY', 0)))
            return dict(loss_toy=(out.float() - torch.stack(targets)).square().mean())
        if self.noisy_val:  # a validation that would disturb training if it could
            torch.rand(3), np.random.rand(), random.random()  # noqa: NPY002
        return [BaseDataElement(metainfo=dict(stem=n), value=v) for n, v in zip(names, out, strict=True)]


@DATASETS.register_module()
class ToyDataset(Dataset):
    """Targets with keyed inputs; in training augmented by the three global random states."""

    def __init__(self, length=12, data='files', data_root='toy', augment=False, embedded=None):
        self.length, self.augment, self.data_root = length, augment, data_root
        self.metainfo = dict(data=data, data_root=data_root)
        self.loads = []

    def __len__(self):
        return self.length

    def __getitem__(self, key):
        index = key.index if hasattr(key, 'index') and not isinstance(key, int) else int(key)
        self.loads.append(index)
        if os.environ.get('TOY_LOADS'):
            with open(os.environ['TOY_LOADS'], 'a') as file:
                file.write(f'{index}\n')
        x = torch.arange(4.) / 4 + index / self.length
        if self.augment:
            x = x + 0.1 * torch.rand(4) + 0.1 * float(np.random.rand()) + 0.1 * random.random()  # noqa: NPY002
        return dict(inputs=x, targets=x.sum() / 3, names=f'img{index:02d}')


@METRICS.register_module()
class ToyMetric(BaseMetric):
    default_prefix = 'toy'

    def process(self, data_batch, data_samples):
        self.results.extend(dict(stem=s['stem'], value=float(s['value'])) for s in data_samples)

    def compute_metrics(self, results):
        self.per_image = {r['stem']: dict(value=r['value']) for r in results}
        return dict(value=float(np.mean([r['value'] for r in results])))
