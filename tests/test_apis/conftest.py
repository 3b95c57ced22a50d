from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import yaml
from mmengine.config import Config

from drfuse.datasets.embedded import EmbeddedPairs
from drfuse.registry import MODELS
from drfuse.utils.checkpoint import file_sha256

REPO = Path(__file__).resolve().parents[2]
CONFIG = REPO / 'configs' / 'demo' / 'ivf_demo.py'
TINY = dict(base_channels=8, norm_groups=4)


@pytest.fixture(scope='session')
def zoo(tmp_path_factory) -> Path:
    """A folder of weights like the shipped one, with small untrained models of both tasks."""
    root = tmp_path_factory.mktemp('share')
    folder, models = root / 'weights', []
    folder.mkdir()
    (root / 'tiny.py').write_text(f'_base_ = {str(CONFIG)!r}\nmodel = dict(backbone=dict({TINY}))\n'.replace(
        f'dict({TINY})', f'dict(**{TINY})'))
    for name, modalities in (('ivf', ['ir', 'vis']), ('mif', ['pet', 'mri'])):
        torch.manual_seed(0)
        model = MODELS.build(Config.fromfile(str(root / 'tiny.py')).model)
        torch.save(dict(state_dict=model.state_dict(), meta={}), folder / f'{name}.pth')
        models.append(dict(Name=name, Config='tiny.py', Weights=f'{name}.pth', Task=name, Modalities=modalities,
                           SHA256=file_sha256(folder / f'{name}.pth'), Summary='untrained'))
    (folder / 'metafile.yml').write_text(yaml.safe_dump(dict(Models=models)))
    return folder


@pytest.fixture(scope='session')
def scene() -> dict[str, np.ndarray]:
    """A generated pair: ir (H, W) and vis (H, W, 3), uint8."""
    pairs = EmbeddedPairs(task='ivf', split='test', num=1, size=(48, 64))
    return pairs.render(pairs.stems[0])


@pytest.fixture
def lossy_writer(monkeypatch):
    """OpenCV's writer of video files loses the second frame, and says nothing."""
    real = cv2.VideoWriter

    class Lossy:
        fourcc = staticmethod(real.fourcc)

        def __init__(self, *arguments):
            self.writer, self.count = real(*arguments), 0
            self.isOpened, self.release = self.writer.isOpened, self.writer.release

        def write(self, frame):
            self.count += 1
            if self.count != 2:
                self.writer.write(frame)

    monkeypatch.setattr(cv2, 'VideoWriter', Lossy)


@pytest.fixture
def files(scene, tmp_path) -> Path:
    """Folders ir and vis with two pairs."""
    for name, image in scene.items():
        (tmp_path / name).mkdir()
        for stem in ('one', 'two'):
            cv2.imwrite(str(tmp_path / name / f'{stem}.png'), image if image.ndim == 2 else image[..., ::-1])
    return tmp_path
