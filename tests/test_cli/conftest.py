from pathlib import Path

import cv2
import pytest
import torch
from mmengine.config import Config

from drfuse.datasets.embedded import EmbeddedPairs
from drfuse.registry import MODELS

REPO = Path(__file__).resolve().parents[2]


@pytest.fixture(scope='session')
def pairs(tmp_path_factory) -> Path:
    """Folders ir and vis with one.png and two.png of 48 x 64, and a small model: tiny.py, tiny.pth."""
    root = tmp_path_factory.mktemp('pairs')
    scenes = EmbeddedPairs(task='ivf', split='test', num=2, size=(48, 64))
    for stem, name in zip(scenes.stems, ('one', 'two'), strict=True):
        for kind, image in scenes.render(stem).items():
            (root / kind).mkdir(exist_ok=True)
            cv2.imwrite(str(root / kind / f'{name}.png'), image if image.ndim == 2 else image[..., ::-1])
    (root / 'tiny.py').write_text(f'_base_ = {str(REPO / "configs/demo/ivf_demo.py")!r}\n'
                                  'model = dict(backbone=dict(base_channels=8, norm_groups=4))\n')
    torch.save(MODELS.build(Config.fromfile(str(root / 'tiny.py')).model).state_dict(), root / 'tiny.pth')
    return root
