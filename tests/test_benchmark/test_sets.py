"""Whole folders."""

import cv2
import pytest

from drfuse.benchmark.sets import evaluate_set, memory_of_set, write_folders
from drfuse.utils.config import UserError


def test_copies_fill_the_folders(tmp_path):
    a, b = write_folders(tmp_path, 3, (32, 48), drawn=2)
    assert [file.name for file in sorted(a.iterdir())] == [file.name for file in sorted(b.iterdir())]
    assert cv2.imread(str(b / '00002.png')).shape == (32, 48, 3)
    assert (a / '00000.png').read_bytes() == (a / '00002.png').read_bytes() != (a / '00001.png').read_bytes()


def test_a_failure_is_told(tmp_path, monkeypatch):
    from drfuse.benchmark import sets

    monkeypatch.setattr(sets, 'COMMAND', 'print("what is wrong"); raise SystemExit(2)')
    with pytest.raises(UserError, match='drfuse fuse failed: what is wrong'):
        memory_of_set(tmp_path, 1, (32, 32))


@pytest.mark.slow
def test_a_set_is_degraded_fused_and_evaluated(tmp_path):
    seconds = evaluate_set(tmp_path, 2, (96, 128))
    assert seconds['pairs'] == 2
    assert seconds['total'] == pytest.approx(seconds['degrade'] + seconds['fuse'] + seconds['evaluate'])
    assert len(list((tmp_path / 'fused').glob('*.png'))) == 2


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_pairs(tmp_path):
    few, many = (memory_of_set(tmp_path / str(number), number, (64, 64)) for number in (5, 60))
    assert many < few + 15
