"""The rates of the registration check."""


import cv2
import numpy as np
import pytest
import torch

from drfuse.datasets.embedded import EmbeddedPairs


@pytest.fixture(scope='module')
def tool(load_tool):
    return load_tool('analysis_tools/registration_rates.py')


def test_windows_are_apart_by_the_shift(tool):
    image = torch.arange(80 * 90, dtype=torch.float32).view(1, 80, 90)
    a, b, (dx, dy) = tool.shifted(image, image, 8, 'x')
    assert a.shape == b.shape and abs(np.hypot(dx, dy) - 8) < 1
    assert float(a[0, 0, 0] - b[0, 0, 0]) == dy * 90 + dx


def test_rates_of_generated_pairs(tool, tmp_path):
    scenes = EmbeddedPairs(task='ivf', split='test', num=2, size=(192, 256))
    for stem in scenes.stems:
        for kind, image in zip(('ir', 'vi'), scenes.render(stem).values(), strict=True):
            (tmp_path / kind).mkdir(exist_ok=True)
            cv2.imwrite(str(tmp_path / kind / f'{stem}.png'), image)
    text = tool.table(tool.measure(tmp_path, ('ir', 'vi')))
    assert '| clean | 0.0 % | ' in text and text.count('\n') == 4
