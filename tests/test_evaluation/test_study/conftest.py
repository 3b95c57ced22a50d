import shutil

import numpy as np
import pytest

from drfuse.datasets.synthetic import draw_road_scene
from drfuse.utils.paths import share_root
from drfuse.visualization.image_writer import write_png

BASE = """_base_ = ['{configs}/_base_/models/drfusion_light.py', '{configs}/_base_/schedules/adam_cpu.py',
          '{configs}/_base_/default_runtime.py']
model = dict(backbone=dict(widths=(8, 8, 8), encoder_blocks=(1, 1, 1), emb_channels=16),
             sampler=dict(num_steps=1, correction_scale=dict(num_steps=1)))
stages = [dict(type='GaussianNoise', sigma=0.05)]
train_dataloader = dict(
    batch_size=2, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=True),
    batch_sampler=dict(type='KeyedBatchSampler'),
    dataset=dict(type='PairedFusionDataset', data_root='data', crop_size=32, degradations=dict(ir=stages, vis=stages),
                 data_prefix=dict(ir='RoadScene/train/ir', vis='RoadScene/train/vi'),
                 pipeline=[dict(type='LoadModalities', cache=True), dict(type='PairedCrop'),
                           dict(type='SynthesizeObservations'), dict(type='PackFusionInputs')]))
val_dataloader = val_cfg = val_evaluator = test_dataloader = test_cfg = test_evaluator = None
train_cfg = dict(max_iters=100)
custom_hooks = [*_base_.custom_hooks, dict(type='EMAHook', momentum=0.01)]
del stages
"""
STUDY = """base, task = '{base}', 'ivf'
seeds, scenarios, amp = [0, 1], ['noise'], False
shared = dict(train_dataloader=dict(dataset=dict(crop_size=24)))
variants = {{'with': dict(), 'without': dict(model=dict(sampler=dict(correction_scale=None)))}}
"""


@pytest.fixture(scope='session')
def study_root(tmp_path_factory):
    """Write a tiny study, its base, and generated pairs under the names of the validation list."""
    root = tmp_path_factory.mktemp('study')
    for i, stem in enumerate((share_root() / 'splits' / 'roadscene_val.txt').read_text().split()):
        pair = draw_road_scene((48, 64), np.random.default_rng(i))
        for name, place in (('ir', 'ir'), ('vis', 'vi')):
            write_png(root / 'RoadScene' / 'train' / place / f'{stem}.png', pair[name])
    (root / 'base.py').write_text(BASE.format(configs=share_root() / 'configs'))
    (root / 'tiny.py').write_text(STUDY.format(base=root / 'base.py'))
    return root


@pytest.fixture
def tiny_study(study_root):
    from drfuse.evaluation.study.plan import read_study

    return read_study(study_root / 'tiny.py')


@pytest.fixture
def work(tmp_path):
    """A folder that is large with checkpoints no longer than a test."""
    yield tmp_path
    shutil.rmtree(tmp_path, ignore_errors=True)
