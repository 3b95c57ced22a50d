import numpy as np
import pytest

from drfuse.evaluation.functional import q_ncie


def test_nothing_shared_gives_the_floor():
    flat = np.full((20, 20), 5, np.uint8)
    floor = 1 - np.log2(3) / 8
    assert q_ncie(flat, (flat, flat)) == pytest.approx(floor, abs=1e-15) == 0.8018796874098555


def test_all_levels_shared_gives_one():
    """Uniform images of 8 bits: every coefficient is 1, the eigenvalues are 3, 0 and 0."""
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert q_ncie(image, (image, image)) == pytest.approx(1, abs=1e-12)


def test_one_source_shared_by_the_eigenvalues():
    """Coefficients (AB, AF, BF) = (0, c, 0): the eigenvalues are 1 - c, 1 and 1 + c."""
    image = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    flat, c = np.full_like(image, 30), 6 / 8
    expected = 1 + sum(r / 3 * np.log2(r / 3) for r in (1 - c, 1, 1 + c)) / 8
    assert q_ncie(image, (image, flat)) == pytest.approx(expected, abs=1e-14)
