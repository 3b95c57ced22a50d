"""What a model makes of observations that are not what it is told."""

import json

import numpy as np
import pytest

from drfuse.apis.fit import LIMIT
from drfuse.datasets.synthetic import draw_road_scene
from drfuse.visualization.image_writer import write_png


@pytest.fixture
def tool(load_tool):
    return load_tool('analysis_tools/mismatch.py')


def test_factors_are_what_is_done_over_what_is_told(tool, tmp_path, capfd):
    pair = draw_road_scene((64, 80), np.random.default_rng(0))
    for name, place in (('ir', 'ir'), ('vis', 'vi')):
        write_png(tmp_path / 'train' / place / 'p0.png', pair[name])
    (tmp_path / 'list.txt').write_text('p0\n')
    assert tool.main(['ivf', '--model', 'ivf', '--data-root', str(tmp_path), '--pairs', str(tmp_path / 'list.txt'),
                      '--factors', '0', '1', '--out', str(tmp_path / 'out')]) == 0
    rows = json.loads((tmp_path / 'out.json').read_text())['rows']
    assert [(r['scenario'], r['factor'], r['source']) for r in rows] == [
        (scenario, factor, source) for scenario in ('noise', 'blur', 'composite') for factor in (0.0, 1.0)
        for source in ('ir', 'vis')]
    found = {(r['scenario'], r['factor'], r['source']): r for r in rows}
    assert found['noise', 0.0, 'vis']['observed'] == found['blur', 0.0, 'ir']['observed'] == 100  # nothing was done
    assert found['composite', 0.0, 'ir']['observed'] < 60  # but for the resolution, which is not doubted
    assert found['noise', 1.0, 'vis']['observed'] == pytest.approx(25, abs=4)
    row = found['blur', 1.0, 'vis']
    assert row['restored'] > row['observed'] and row['images'] == 1
    page = (tmp_path / 'out.md').read_text()
    assert f'{row["restored"]:.2f} ({row["observed"]:.2f})' in page
    right, sharp = row['misfits'], found['blur', 0.0, 'vis']['misfits']
    assert len(right) == 1 and right[0] < LIMIT and sharp[0] > right[0]
    assert f'{sharp[0]:.1f} - {sharp[0]:.1f} | {right[0]:.1f} - {right[0]:.1f} |' in page
    capfd.readouterr()
