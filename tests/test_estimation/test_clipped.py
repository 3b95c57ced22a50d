import math

import numpy as np
import pytest

from drfuse.estimation.clipped import clipped_moments, unclipped_sigma, variance_kept


def test_moments_of_half_a_gaussian_and_of_a_whole_one():
    mean, variance = clipped_moments(np.array([0.0, 6.0]))
    assert mean == pytest.approx([1 / math.sqrt(2 * math.pi), 6])
    assert variance == pytest.approx([0.5 - 0.5 / math.pi, 1])


def test_moments_are_those_of_draws():
    noise = np.random.default_rng(0).standard_normal(200_000)
    for t in (-0.5, 0.4, 1.5):
        values = np.maximum(t + noise, 0)
        assert clipped_moments(np.array(t)) == pytest.approx((values.mean(), values.var()), rel=0.02)


def test_the_share_that_is_kept_is_alike_at_both_ends_and_whole_between():
    means = np.array([0.04, 0.5, 0.96])
    black, middle, white = variance_kept(means, 0.1)
    assert black == pytest.approx(white) == pytest.approx(0.341, abs=0.005)  # 0.0399 is what is left of 0
    assert middle == pytest.approx(1, abs=1e-3)
    assert variance_kept(np.zeros((2, 3)), 0.1).shape == (2, 3)


def blocks(level, sigma, count=4000):
    """Return low and high energy and mean of blocks of clipped noise; every pixel is a coefficient."""
    values = np.random.default_rng(1).standard_normal((count, 64)) * sigma + level
    values = values.clip(0, 1)
    squares = np.square(values - values.mean(1, keepdims=True)) * 64 / 63
    return squares[:, ::2].mean(1), squares[:, 1::2].mean(1), values.mean(1)[None]


@pytest.mark.parametrize('level', [0, 0.02, 0.1, 0.5, 0.99])
def test_the_level_before_clipping_is_found(level):
    sigma, chosen = unclipped_sigma(*blocks(level, 0.05), 100)
    assert sigma == pytest.approx(0.05, rel=0.05)
    assert chosen.mean() > 0.9


def test_blocks_whose_low_frequencies_hold_more_than_noise_are_left_out():
    low, high, means = blocks(0.02, 0.05)
    low[::2], high[::2] = 1, 1
    sigma, chosen = unclipped_sigma(low, high, means, 100)
    assert sigma == pytest.approx(0.05, rel=0.05)
    assert not chosen[::2].any()


def test_no_energy_is_no_noise():
    sigma, chosen = unclipped_sigma(np.zeros(9), np.zeros(9), np.full((1, 9), 0.1), 3)
    assert sigma == 0 and chosen.all()
