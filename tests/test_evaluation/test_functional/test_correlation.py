import math

import numpy as np
import pytest

from drfuse.evaluation.functional import cc, scd


def test_numpys_correlation(trio):
    fused, (a, b) = trio

    def r(x, y):
        return np.corrcoef(np.float64(x).ravel(), np.float64(y).ravel())[0, 1]

    f = fused.astype(float)
    assert cc(fused, (a, b)) == pytest.approx((r(f, a) + r(f, b)) / 2, abs=1e-13)
    assert scd(fused, (a, b)) == pytest.approx(r(f - b, a) + r(f - a, b), abs=1e-13)


def test_the_sum_of_the_sources_has_the_largest_scd(trio):
    _, (a, b) = trio
    a, b = a / 4, b / 4
    assert scd(a + b, (a, b)) == pytest.approx(2)
    assert cc(255 - a, (a, a)) == pytest.approx(-1)


def test_constant_images(trio):
    fused, (a, b) = trio
    flat = np.full_like(fused, 40)
    assert cc(flat, (a, b)) == 0
    assert scd(a, (a, b)) == pytest.approx(np.corrcoef(np.float64(a).ravel() - b.ravel(), a.ravel())[0, 1])
    assert math.isnan(cc(fused, (flat, b))) and math.isnan(scd(fused, (a, flat)))
