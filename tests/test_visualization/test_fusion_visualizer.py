import json

import cv2
import numpy as np
import pytest

from drfuse.visualization import FusionVisualizer, draw_panel, fusion_visualizer

BACKENDS = [dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')]


def test_panel_goes_to_a_file_or_to_the_backends(sample, tmp_path):
    visualizer = FusionVisualizer(vis_backends=[dict(type='LocalVisBackend')], save_dir=str(tmp_path))
    panel = visualizer.add_datasample('pair', data_sample=sample, out_file=tmp_path / 'x.png')
    assert np.array_equal(panel, draw_panel(sample))
    assert np.array_equal(cv2.imread(str(tmp_path / 'x.png'))[..., ::-1], panel)
    visualizer.add_datasample('pair', data_sample=sample, step=3)
    assert (tmp_path / 'vis_data' / 'vis_image' / 'pair_3.png').exists()
    visualizer.add_scalars(dict(loss=1.0), step=2)
    assert json.loads((tmp_path / 'vis_data' / 'scalars.json').read_text()) == dict(loss=1.0, step=2)
    with pytest.raises(ValueError, match='got None'):
        visualizer.add_datasample('pair')


def test_tensorboard_is_left_out_where_it_is_not_installed(monkeypatch):
    assert fusion_visualizer.available_backends(BACKENDS[:1]) == BACKENDS[:1]
    monkeypatch.setattr(fusion_visualizer, 'installed_version', lambda name: None)
    assert fusion_visualizer.available_backends(BACKENDS) == BACKENDS[:1]
    monkeypatch.setattr(fusion_visualizer, 'installed_version', lambda name: '2.0')
    assert fusion_visualizer.available_backends(BACKENDS) == BACKENDS
