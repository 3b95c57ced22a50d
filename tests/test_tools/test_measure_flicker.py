"""The script that measures flicker, with an untrained model: the mean of two sources flickers less than each."""

import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from drfuse.registry import MODELS

REPO = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize('options', [[], ['--blind']])
def test_the_report(load_tool, options, tmp_path, capsys):
    script = load_tool('analysis_tools/measure_flicker.py')
    config = REPO / 'configs/light/ivf.py'
    torch.save(MODELS.build(Config.fromfile(str(config)).model).state_dict(), tmp_path / 'light.pth')
    argv = ['--model', str(config), '--weights', str(tmp_path / 'light.pth'), '--scenes', '1', '--frames', '4']
    argv += ['--size', '64x48', '--sigmas', '0.05', '--output', str(tmp_path / 'r.json'), *options]
    assert script.main(argv) == 0
    report = json.loads((tmp_path / 'r.json').read_text())
    assert report == json.loads(capsys.readouterr().out)
    (row,) = report['levels']
    assert 0 < row['fused'] < min(row['a'], row['b'])
    assert row['a'] == pytest.approx(0.05 * 255, rel=0.2)  # one channel; clipping takes a little
    assert report['worst_ratio'] < 1
