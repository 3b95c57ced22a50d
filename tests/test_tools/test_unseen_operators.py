"""Operators that were never trained, beside classical methods."""

import json

import numpy as np
import pytest

from drfuse.datasets.synthetic import draw_road_scene
from drfuse.visualization.image_writer import write_png


@pytest.fixture
def tool(load_tool):
    return load_tool('analysis_tools/unseen_operators.py')


def test_the_table_holds_every_operator_and_source(tool, tmp_path, monkeypatch, capfd):
    pair = draw_road_scene((48, 60), np.random.default_rng(0))
    for name, place in (('ir', 'ir'), ('vis', 'vi')):
        write_png(tmp_path / 'test' / place / 'p0.png', pair[name])
    monkeypatch.setattr(tool, 'SIGMAS', (0.02,))
    assert tool.main(['ivf', '--model', 'ivf', '--data-root', str(tmp_path), '--out', str(tmp_path / 'out')]) == 0
    rows = json.loads((tmp_path / 'out.json').read_text())['rows']
    assert [(r['operator'], r['source']) for r in rows] == [(o, s) for o in tool.OPERATORS for s in ('ir', 'vis')]
    for row in rows:
        assert row['images'] == 1 and row['gain'] == pytest.approx(row['drfuse'] - row['rival_psnr'])
        assert f'| {row["rival"]} | {row["rival_psnr"]:.2f} |' in (tmp_path / 'out.md').read_text()
        assert 10 < row['rival_psnr'] < 60
    capfd.readouterr()


def test_no_operator_of_the_table_is_in_the_training_configs(tool, repo_dir):
    for file in ('ivf_mixed.py', 'mif_mixed.py'):
        text = (repo_dir / 'configs/_base_/datasets' / file).read_text()
        assert 'DefocusBlur' not in text and 'RandomMask' not in text and 'factor=3' not in text
    assert {o['type'] for o in tool.OPERATORS.values()} == {'DefocusBlur', 'AveragePool', 'RandomMask'}
