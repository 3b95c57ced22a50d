import math

import numpy as np
import pytest

from drfuse.evaluation.functional import q_m
from drfuse.evaluation.functional.haar import haar_level


def test_the_transform_keeps_energy_and_drops_odd_lines():
    x = np.random.default_rng(0).random((9, 13))
    average, details = haar_level(x)
    assert average.shape == (4, 6)
    assert sum((band**2).sum() for band in (average, *details)) == pytest.approx((x[:8, :12]**2).sum())


def test_a_known_value():
    """One 4 x 4 block of vertical stripes: one detail of size d at the first level, none at the second."""
    a = np.tile(np.array([0, 10] * 2, np.uint8), (4, 1))
    f = np.tile(np.array([0, 8] * 2, np.uint8), (4, 1))
    assert math.isnan(q_m(f, (a, a)))
    a[:2, 2:] += 40
    f[:2, 2:] += 40
    # first level: horizontal detail 10 against 8, the other two bands agree; second level: see below
    first = 2 + math.exp(-2)
    d = [np.array(v) for v in haar_level(haar_level(a.astype(float))[0])[1]]
    e = [np.array(v) for v in haar_level(haar_level(f.astype(float))[0])[1]]
    second = sum(math.exp(-abs(float(x - y))) for x, y in zip(np.ravel(d), np.ravel(e), strict=True))
    assert q_m(f, (a, a)) == pytest.approx(first**(2 / 3) * second**(1 / 3))
