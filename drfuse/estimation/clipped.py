"""Noise that was clipped at black or white: how much of it is left, and the level before.

A. Foi, "Clipped noisy images: heteroskedastic modeling and practical denoising", Signal Processing 89(12), 2009. With
n ~ N(0, 1) and t = x / sigma, clipping at 0 leaves the mean E max(0, t + n) = t Phi(t) + phi(t) and the second moment
E max(0, t + n)^2 = (t^2 + 1) Phi(t) + t phi(t), both in units of sigma.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

# below 0 there is no light, but the mean of a block falls below that of black by chance, and where it is truncated to
# 8 bits; cut off at 0, half of the blocks on black would be taken for brighter ones, with less clipped away
_T = np.linspace(-0.5, 4, 451)
_PASSES, _CONVERGED = 20, 1e-3
_EXPLAINED = 2.0  # low-frequency energy, in variances of the noise, that the noise alone explains
_START = 1 / 255


def clipped_moments(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance of max(0, t + n) for n ~ N(0, 1), the first two moments of Foi (2009).

    Args:
        t: True level in standard deviations of the noise, any shape.
    """
    phi = np.exp(-np.square(t) / 2) / math.sqrt(2 * math.pi)
    mean = t * ndtr(t) + phi
    return mean, (np.square(t) + 1) * ndtr(t) + t * phi - np.square(mean)


_MEAN, _VARIANCE = clipped_moments(_T)


def variance_kept(means: np.ndarray, sigma: float) -> np.ndarray:
    """Return the share of the noise's variance that is left in blocks whose clipped values have these means.

    Args:
        means: Means of the stored values in [0, 1], any shape.
        sigma: Standard deviation of the noise before clipping, above 0.

    Returns:
        Values in (0, 1], of the shape of ``means``; 1 where nothing is clipped.
    """
    # far enough from both ends the product of the two shares is that of clipping at both
    return np.interp(means / sigma, _MEAN, _VARIANCE) * np.interp((1 - means) / sigma, _MEAN, _VARIANCE)


def unclipped_sigma(low: np.ndarray, high: np.ndarray, means: np.ndarray, count: int) -> tuple[float, np.ndarray]:
    """Return the noise before clipping, and the blocks it was measured in.

    The variance that is left says sigma if the true level is known, and the mean says the level if sigma is known:
    both are found in turns. Blocks with a low-frequency energy that the noise explains count, at least ``count``.

    Args:
        low: Mean low-frequency energy of every block, (N,).
        high: Mean energy of the highest frequencies of every block, (N,).
        means: Mean of every channel of every block in [0, 1], (C, N); the energies are means over the channels.
        count: Number of the smoothest blocks that count in any case, 1..N.

    Returns:
        Sigma per channel, and a mask (N,).
    """
    sigma, chosen = _START, np.zeros(len(low), bool)
    for _ in range(_PASSES):
        kept = variance_kept(means, sigma).mean(0)
        energy = low / kept
        chosen = energy <= max(np.partition(energy, count - 1)[count - 1], _EXPLAINED * sigma**2)
        before, sigma = sigma, math.sqrt(high[chosen].mean() / kept[chosen].mean())
        if abs(sigma - before) <= _CONVERGED * before or sigma == 0:
            break
    return sigma, chosen
