"""The page of the blind estimation takes its numbers from measurements, and names its data."""

import json

import cv2
import numpy as np
import pytest
from skimage import data

from drfuse.apis.fusion_result import FusionResult


@pytest.fixture
def tool(load_tool, monkeypatch):
    module = load_tool('analysis_tools/evaluate_estimation.py')
    monkeypatch.setattr(module, 'LEVELS', (0, 10))
    monkeypatch.setattr(module, 'BLUR_LEVELS', (0,))
    monkeypatch.setattr(module, 'PAPER_METRICS', ('QMI',))
    return module


@pytest.fixture
def folders(tool, tmp_path):
    image = data.camera()[60:188, 150:278]
    for folder in tool.FOLDERS.values():
        (tmp_path / folder).mkdir(parents=True)
        pixels = np.stack([image, image, image[::-1]], -1) if folder.endswith('vi') else image
        cv2.imwrite(str(tmp_path / folder / 'a.png'), pixels)
    return tmp_path


def test_page(tool, folders):
    out = folders / 'out.md'
    assert tool.main(['--data-root', str(folders), '--out', str(out)]) == 0
    text, facts = out.read_text(), json.loads(out.with_suffix('.json').read_text())
    assert 'RoadScene infrared (1 test images)' in text
    assert 'Estimated against known' not in text
    rows = [dict(zip(facts['columns'], row, strict=True)) for row in facts['rows']]
    records = [r for r in rows if r['factor'] == 1 and r['level'] == 10]
    assert len(records) >= 8
    assert all(abs(r['found_level'] - 10) < 2 for r in records)
    again = folders / 'again.md'
    assert tool.main(['--records', str(out.with_suffix('.json')), '--out', str(again)]) == 0
    assert again.read_text() == text


def test_rows_are_computed_from_the_records(tool):
    records = [dict(level=level, found_level=found) for level, found in ((10, 12), (10, 11), (2, 4), (0, 1))]
    assert tool.noise_row(records) == ['15.0%', '19.0%', '1.50', '2.00', '50.0%']
    records = [dict(blur=2, found_blur=found) for found in (0, 2.5)]
    assert tool.blur_row(records) == ['1.25', '1.25', '1.85', '50.0%']


def test_known_and_estimated_are_set_side_by_side(tool, folders):
    given = []

    class Model:
        modalities = ('ir', 'vis')

        def __call__(self, a, b, degradation):
            given.append(degradation)
            flat = np.full((128, 128), 0.5, np.float32)
            flat[::2] = 0.4
            return FusionResult(None, {}, None, dict(ir=flat, vis=flat, fused=flat), {})

    records = tool.quality(Model(), folders)
    assert [r['origin'] for r in records] == ['known', 'estimated'] * 3
    assert [d is None for d in given] == [False, True] * 3
    assert set(given[0]) == {'a', 'b'}
    assert '| blur | estimated |' in '\n'.join(tool.quality_table(records))


def test_missing_data_is_one_line(tool, tmp_path, capfd):
    assert tool.main(['--data-root', str(tmp_path), '--out', str(tmp_path / 'o.md')]) == 2
    assert 'no images in' in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []
