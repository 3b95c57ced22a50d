"""The script that measures tiles, on a picture that is barely cut."""

import json
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / 'tools' / 'analysis_tools' / 'measure_tiling.py'


@pytest.fixture(scope='module')
def script(load_tool):
    return load_tool('analysis_tools/measure_tiling.py')


def test_pairs_have_the_size_and_repeat_without_edges(script):
    a, b = script.make_pair(1100, 600, 'noise', 2)
    assert a.shape == (300, 550) and b.shape == (600, 1100, 3) and a.dtype == b.dtype == np.uint8
    assert np.array_equal(b[:, 511], b[:, 512]) and np.array_equal(b[511], b[512])


@pytest.mark.slow
def test_the_report_says_what_was_measured(script, tmp_path, capsys):
    report = tmp_path / 'report.json'
    assert script.main(['--size', '256x128', '--tile', '96', '--whole', '--output', str(report)]) == 0
    found = json.loads(report.read_text())
    assert found == json.loads(capsys.readouterr().out)
    assert found['tiling']['tiles'] > 1 and found['whole']['tiling']['tiles'] == 1
    assert 0 < found['seam_levels'] < 1 and found['weights'] == 'random'
    assert 0.1 < found['before_gib'] <= found['peak_gib'] < 4
