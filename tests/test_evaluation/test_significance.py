import math

import numpy as np
import pytest
from scipy.stats import norm

from drfuse.evaluation.significance import bootstrap_interval, holm, paired_test


def test_the_interval_of_many_values_is_that_of_the_normal_distribution():
    values = np.random.default_rng(0).normal(5, 2, 2000).tolist()
    low, high = bootstrap_interval(values, 4000)
    half = norm.ppf(0.975) * np.std(values) / math.sqrt(2000)
    assert low == pytest.approx(np.mean(values) - half, abs=0.1 * half)
    assert high == pytest.approx(np.mean(values) + half, abs=0.1 * half)


def test_intervals_are_repeatable_and_leave_out_undefined_values():
    values = [1., 2, 4, 8]
    assert bootstrap_interval(values) == bootstrap_interval([*values, math.nan]) == bootstrap_interval(values)
    many = np.random.default_rng(2).random(30).tolist()
    assert bootstrap_interval(many, seed=1) != bootstrap_interval(many, seed=2)


@pytest.mark.parametrize('values', [[3.], [3., math.nan], [math.nan], []])
def test_fewer_than_two_values_have_no_interval(values):
    assert all(math.isnan(end) for end in bootstrap_interval(values))


def test_the_paired_test():
    rng = np.random.default_rng(1)
    x = rng.random(40)
    assert paired_test(x, x + 0.1 + rng.random(40) / 100) < 1e-6
    assert paired_test(x, x + rng.permutation(np.linspace(-1, 1, 40))) > 0.05
    assert paired_test(x, x) == 1
    assert paired_test([1., math.nan, 3], [1., 2, math.nan]) == 1
    assert math.isnan(paired_test([math.nan], [1.]))
    assert paired_test([1., 2, 3, 4, 5, 6], [0.] * 6) == pytest.approx(2 / 2**6)


def test_holms_adjustment():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1, 1]
    adjusted = holm([math.nan, 0.02])
    assert math.isnan(adjusted[0]) and adjusted[1] == 0.02
