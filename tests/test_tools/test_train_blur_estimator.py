"""The blur estimator can be trained again: same data, same weights; a blur is learnt."""

import json

import cv2
import numpy as np
import pytest
import torch
from skimage import data

from drfuse.estimation.blur import class_probabilities


@pytest.fixture
def tool(load_tool, monkeypatch):
    module = load_tool('analysis_tools/train_blur_estimator.py')
    monkeypatch.setattr(module, 'SOURCES', {'photos': (1, 36)})
    monkeypatch.setattr(module, 'EPOCHS', 20)
    return module


@pytest.fixture
def photos(tmp_path):
    (tmp_path / 'photos').mkdir()
    image = data.camera()
    for i in range(10):
        cv2.imwrite(str(tmp_path / 'photos' / f'{i}.png'), np.roll(image, 50 * i, 0)[:128, 30 * i:30 * i + 128])
    return tmp_path


def test_training_is_repeatable_and_learns(tool, photos):
    arguments = ['--data-root', str(photos), '--cache', str(photos / 'cache.npz'), '--out']
    for name in ('first.json', 'second.json'):
        assert tool.main([*arguments, str(photos / name)]) == 0
    first = (photos / 'first.json').read_text()
    assert first == (photos / 'second.json').read_text()
    stored = json.loads(first)
    samples = np.load(photos / 'cache.npz')
    network = {key: [np.float32(a) for a in stored[key]] for key in ('weights', 'biases')}
    network.update({key: np.float32(stored[key]) for key in ('mean', 'scale')})
    blurred = 1 - class_probabilities(samples['features'], network)[:, 0]
    assert blurred[samples['widths'] > 1].mean() > blurred[samples['widths'] == 0].mean() + 0.3


def test_targets_are_the_neighbours_on_the_grid(tool):
    target = tool.soft_targets(np.float32([0, 0.6, 1.0, 9.0]))
    assert target.sum(1).tolist() == pytest.approx([1, 1, 1, 1])
    assert target[0, 0] == 1
    assert target[1, 1:3].tolist() == pytest.approx([0.6, 0.4], abs=1e-5)
    assert target[2, 1 + tool.WIDTHS.index(1.0)] == pytest.approx(1)
    assert target[3, -1] == 1


def test_stages_state_the_width_in_the_stored_image(tool):
    draw = torch.tensor([0.9, 0.5, 0.1, 0.5, 0.5, 0.1])
    stages, width = tool.random_stages(draw)
    assert [s['type'] for s in stages] == ['GaussianBlur', 'GaussianNoise', 'AveragePool', 'Floor']
    assert width == pytest.approx(stages[0]['sigma'] / 2)


def test_missing_folder_is_one_line(tool, tmp_path, capfd):
    assert tool.main(['--data-root', str(tmp_path), '--out', str(tmp_path / 'w.json')]) == 2
    assert 'no images in' in capfd.readouterr().err
