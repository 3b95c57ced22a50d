"""Numbers of a result."""

import math
from dataclasses import replace

import numpy as np
import pytest

from drfuse.apis.picture import Picture
from drfuse.apis.picture_writer import write_picture
from drfuse.evaluation.folder_evaluation import Settings, Task, measure_task
from drfuse.evaluation.folders import Triple
from drfuse.report import scores
from drfuse.report.scores import METRICS, check_clean, luminance_of, score_fused, score_restored
from drfuse.utils.config import UserError


def test_same_numbers_as_evaluate(result, clean, tmp_path):
    """On the files that are written, by the command's own function."""
    found = {s.name: s.values for s in score_fused(result, clean)}
    assert tuple(found) == METRICS
    fused = write_picture(tmp_path / 'fused.png', result.picture)
    for against, pictures in (('observed', result.observed_pictures), ('clean', clean)):
        files = [write_picture(tmp_path / f'{against}_{name}.png', p) for name, p in pictures.items()]
        expected = measure_task(Task('m', '', Triple('one', fused, tuple(files))), Settings(METRICS, against=against))
        assert {name: values[against] for name, values in found.items()} == pytest.approx(
            {name: score.value for name, score in expected.items()}, abs=1e-12)


def test_without_clean_pictures(result):
    assert {tuple(s.values) for s in score_fused(result)} == {('observed',)}


def test_restored_against_clean(result, clean):
    found = {s.name: s for s in score_restored(result, clean)}
    error = np.square(luminance_of(result.restored_pictures['vis']).astype(float) - luminance_of(clean['vis'])).mean()
    assert found['vis'].psnr == pytest.approx(10 * math.log10(255**2 / error))
    assert found['vis'].psnr_before == math.inf and found['vis'].ssim_before == pytest.approx(1)
    assert 0 < found['ir'].psnr_before < 60 and -1 <= found['ir'].ssim <= 1


def test_large_pictures_are_not_measured(result, clean, monkeypatch):
    monkeypatch.setattr(scores, 'LARGEST', 100)
    assert score_fused(result, clean) == score_restored(result, clean) == []


def test_luminance_of_deep_pictures():
    assert luminance_of(Picture(np.full((16, 16), 257 * 7, np.uint16)))[0, 0] == 7
    assert luminance_of(Picture(np.full((8, 8), 9, np.uint8)), (16, 16)).shape == (16, 16)


def test_wrong_clean_pictures(result, clean):
    with pytest.raises(UserError, match='the clean picture of ir is missing: give both, or none'):
        check_clean(dict(vis=clean['vis']), result)
    small = replace(clean['ir'], pixels=clean['ir'].pixels[1:])
    with pytest.raises(UserError, match='have the size of the fused one, 48 x 64 .height x width., but clean ir is 47'):
        check_clean(dict(clean, ir=small), result)
