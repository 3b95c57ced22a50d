"""Estimates before and after the correction."""

import itertools
import json

import numpy as np
import pytest

from drfuse.datasets.synthetic import draw_road_scene
from drfuse.visualization.image_writer import write_png


@pytest.fixture
def tool(load_tool):
    return load_tool('analysis_tools/correction_effect.py')


def test_the_last_step_ends_with_the_restored_source(tool, tmp_path, capfd, load_tool):
    pair = draw_road_scene((64, 80), np.random.default_rng(0))
    for name, place in (('ir', 'ir'), ('vis', 'vi')):
        write_png(tmp_path / 'train' / place / 'p0.png', pair[name])
    (tmp_path / 'list.txt').write_text('p0\n')
    common = ['ivf', '--model', 'ivf', '--data-root', str(tmp_path), '--pairs', str(tmp_path / 'list.txt')]
    assert tool.main([*common, '--out', str(tmp_path / 'out')]) == 0
    rows = json.loads((tmp_path / 'out.json').read_text())['rows']
    assert [(r['scenario'], r['source'], r['step']) for r in rows] == list(
        itertools.product(('noise', 'blur', 'composite'), ('ir', 'vis'), (3, 2, 1)))
    assert all(0 < r['scale'] < 1 and r['before'] != r['after'] for r in rows)
    found = {(r['scenario'], r['source'], r['step']): r for r in rows}
    blurred = found['blur', 'vis', 3]
    assert blurred['after'] > blurred['before']  # y without noise knows better than the first estimate
    assert found['noise', 'vis', 1]['scale'] < blurred['scale']
    cell = f'{blurred["before"]:.2f} to {blurred["after"]:.2f} ({blurred["scale"]:.3f})'
    assert cell in (tmp_path / 'out.md').read_text()
    other = load_tool('analysis_tools/mismatch.py')
    assert other.main([*common, '--factors', '1', '--out', str(tmp_path / 'other')]) == 0
    for row in json.loads((tmp_path / 'other.json').read_text())['rows']:
        assert found[row['scenario'], row['source'], 1]['after'] == pytest.approx(row['restored'], abs=0.01)
    capfd.readouterr()
