"""The compiled sums are those of NumPy, in every strip and at its borders."""

import numpy as np
import pytest

from drfuse.evaluation.functional import zhao
from drfuse.evaluation.functional.phase_congruency import phase_congruency

pytest.importorskip('numba')
compiled = pytest.importorskip('drfuse.evaluation.functional.zhao_compiled')


@pytest.fixture(scope='module')
def maps(trio):
    fused, (a, b) = trio
    return phase_congruency([x.astype(float) for x in (a, b, fused)])


@pytest.mark.parametrize('rows', [slice(0, 1), slice(0, 95), slice(3, 40), slice(60, 95)], ids=str)
def test_the_sums_of_some_rows(maps, rows):
    expected = zhao._strip_sums(maps, rows)
    values = compiled.strip_sums(maps, rows, zhao._TAPS, zhao._MASK_LEVEL, zhao._C)
    assert expected[3] > 0
    np.testing.assert_allclose(values, expected, rtol=1e-12)


def test_an_image_lower_than_the_window(trio):
    fused, (a, b) = trio
    maps = phase_congruency([x[:3].astype(float) for x in (a, b, fused)])
    values = compiled.strip_sums(maps, slice(0, 3), zhao._TAPS, zhao._MASK_LEVEL, zhao._C)
    np.testing.assert_allclose(values, zhao._strip_sums(maps, slice(0, 3)), rtol=1e-12)


def test_no_feature_no_sum():
    maps = phase_congruency([np.full((20, 30), 90.)] * 3)
    assert compiled.strip_sums(maps, slice(0, 20), zhao._TAPS, zhao._MASK_LEVEL, zhao._C) == (0, 0, 0, 0)
