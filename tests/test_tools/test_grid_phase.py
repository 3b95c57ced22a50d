"""Pictures that start elsewhere."""

import json

import numpy as np
import pytest
import torch

from drfuse.datasets.synthetic import draw_road_scene
from drfuse.visualization.image_writer import write_png


@pytest.fixture
def tool(load_tool):
    return load_tool('analysis_tools/grid_phase.py')


def test_all_offsets_leave_one_size(tool):
    image = np.arange(20 * 24).reshape(1, 20, 24)
    cut = {offset: tool.CutStart(offset)(dict(images=dict(ir=torch.from_numpy(image))))['images']['ir']
           for offset in tool.OFFSETS}
    assert {tuple(c.shape) for c in cut.values()} == {(1, 16, 20)}
    assert [int(c[0, 0, 0]) for c in cut.values()] == [0, 25, 50, 75]


def test_a_row_for_every_scenario_and_offset(tool, tmp_path, capfd, load_tool):
    pair = draw_road_scene((64, 80), np.random.default_rng(0))
    for name, place in (('ir', 'ir'), ('vis', 'vi')):
        write_png(tmp_path / 'train' / place / 'p0.png', pair[name])
    (tmp_path / 'list.txt').write_text('p0\n')
    assert tool.main(['ivf', '--model', 'ivf', '--data-root', str(tmp_path), '--pairs', str(tmp_path / 'list.txt'),
                      '--out', str(tmp_path / 'out')]) == 0
    rows = json.loads((tmp_path / 'out.json').read_text())['rows']
    assert [(r['scenario'], r['offset']) for r in rows] == [(name, k) for name in tool.NAMES for k in tool.OFFSETS]
    assert all(20 < value < 60 for r in rows for value in r['psnr'].values())
    assert len({r['psnr']['vis'] for r in rows}) == len(rows)  # other pixels, other values
    table = (tmp_path / 'out.md').read_text()
    assert all(f'{r["psnr"]["ir"]:.2f}' in table for r in rows)
    capfd.readouterr()
