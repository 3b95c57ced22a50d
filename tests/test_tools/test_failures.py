"""The pictures of failures in the model cards."""

import cv2
import numpy as np
import pytest

from drfuse import FusionInferencer
from drfuse.datasets.embedded import EmbeddedPairs


@pytest.fixture
def tool(load_tool, monkeypatch):
    tool = load_tool('analysis_tools/failures.py')
    monkeypatch.setattr(tool, 'SIZE', (96, 128))
    monkeypatch.setattr(tool, 'SHOWN', (64, 96))
    return tool


def test_the_model_is_told_what_the_case_says(tool):
    twice, _, strongest = tool.CASES
    assert [tool.stages(twice, 1, done)[0]['sigma'] for done in (True, False)] == [1.0, 2.0]
    assert tool.stages(strongest, 0, True) == tool.stages(strongest, 0, False)
    assert [s['type'] for s in tool.stages(strongest, 0, True)] == ['GaussianBlur', 'GaussianNoise', 'AveragePool']
    assert [s['type'] for s in tool.stages(strongest, 1, True)] == ['GaussianBlur', 'GaussianNoise']


def test_observed_pictures_are_degraded_in_8_bits(tool):
    image = np.full((96, 128, 3), 100, np.uint8)
    seen = [tool.observed(image, tool.CASES[2], source) for source in (0, 1)]
    assert [s.shape for s in seen] == [(24, 32, 3), (96, 128, 3)] and seen[0].dtype == np.uint8
    assert float(seen[1].std()) == pytest.approx(25, rel=0.1) and abs(float(seen[1].mean()) - 100) < 1
    np.testing.assert_array_equal(seen[1], tool.observed(image, tool.CASES[2], 1))


def test_a_row_shows_the_middle_of_the_source_that_fails(tool):
    pairs = EmbeddedPairs('mif', 'test', 1, tool.SIZE)
    pair = pairs.render(pairs.stems[0])
    cells = tool.row(tool.CASES[0], FusionInferencer('mif'), pair)
    assert [title for title, _ in cells] == ['mri, clean', 'told twice the blur', 'mri, restored', 'fused']
    assert all(image.shape[:2] == (64, 96) for _, image in cells)
    np.testing.assert_array_equal(cells[0][1], pair['mri'][16:80, 16:112])


def test_the_picture_is_written(tool, tmp_path, capsys):
    assert tool.main(['--task', 'ivf', '--out', str(tmp_path / 'failures.png')]) == 0
    height, width = cv2.imread(str(tmp_path / 'failures.png')).shape[:2]
    assert height > 3 * 64 and width > 4 * 96
    assert 'model ivf' in capsys.readouterr().out
