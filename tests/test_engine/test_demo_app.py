"""The demo in a very small version: files, numbers, and what a failure looks like."""

import json

import cv2
import numpy as np
import pytest

from drfuse.engine.demo_app import main, stack
from drfuse.utils.checkpoint import file_sha256

CONFIG = """
_base_ = ['{root}/configs/demo/ivf_demo.py']
train_cfg = dict(max_iters=2, val_interval=2)
train_dataloader = dict(dataset=dict(embedded=dict(num=4), crop_size=32))
val_dataloader = dict(dataset=dict(embedded=dict(num=2, size=(48, 64))))
test_dataloader = val_dataloader
"""


@pytest.mark.slow
def test_demo_leaves_its_results(tmp_path, repo_dir):
    config = tmp_path / 'tiny_demo.py'
    config.write_text(CONFIG.format(root=repo_dir))
    work_dir = tmp_path / 'demo'
    assert main(str(config), str(work_dir)) == 0
    report = json.loads((work_dir / 'metrics.json').read_text())
    assert report['data'] == 'embedded-synthetic'
    assert report['checkpoint_sha256'] == file_sha256(work_dir / 'iter_2.pth')
    for name, row in report['restoration'].items():
        assert row['gain'] == pytest.approx(report['means'][f'PSNR/{name}'] - max(row['psnr'].values()))
    assert len(list((work_dir / 'fused').glob('*.png'))) == 2
    assert cv2.imread(str(work_dir / 'comparison.png')).shape[1] > 200


def test_a_missing_config_is_one_line(tmp_path, capfd):
    assert main(str(tmp_path / 'absent.py'), str(tmp_path / 'work')) != 0
    assert 'Traceback' not in capfd.readouterr().err


def test_pictures_of_unequal_width_are_stacked():
    tall = stack([np.zeros((2, 3, 3), np.uint8), np.zeros((1, 5, 3), np.uint8)])
    assert tall.shape == (3, 5, 3)
    assert (tall[:2, 3:] == 255).all()
