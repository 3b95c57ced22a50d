"""How sure a mean over images is: bootstrap intervals and paired tests."""

import math
import warnings
from collections.abc import Sequence

import numpy as np
import torch
from scipy.stats import wilcoxon

from drfuse.utils.seed import keyed_generator


def bootstrap_interval(values: Sequence[float], resamples: int = 2000, level: float = 0.95,
                       seed: int = 0) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean over images.

    Args:
        values: One value per image; NaN (undefined) is left out.
        resamples: Number of resamples.
        level: Coverage.
        seed: Seed of the resampling; the same seed gives the same interval.

    Returns:
        Lower and upper end; NaN for fewer than two defined values, which say nothing of their spread.
    """
    defined = np.array([value for value in values if not math.isnan(value)])
    if defined.size < 2:  # (x, x) would look like certainty
        return math.nan, math.nan
    generator = keyed_generator(seed, 'bootstrap')
    drawn = torch.randint(defined.size, (resamples, defined.size), generator=generator).numpy()
    low, high = np.quantile(defined[drawn].mean(1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired_test(values: Sequence[float], others: Sequence[float]) -> float:
    """Two-sided Wilcoxon signed-rank test of two methods on the same images.

    Args:
        values: One value per image; images undefined for one of the methods are left out.
        others: Values of the other method, in the same order.

    Returns:
        p-value: 1 if all differences are 0, NaN without images.
    """
    differences = np.array([x - y for x, y in zip(values, others, strict=True) if not math.isnan(x - y)])
    if not differences.size:
        return math.nan
    if not differences.any():
        return 1.
    with warnings.catch_warnings():
        # few images, ties: the approximate p-value is what there is
        warnings.simplefilter('ignore')
        return float(wilcoxon(differences, zero_method='pratt').pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust the p-values of one family of tests for their number (Holm 1979); NaN stays and does not count."""
    order = sorted((p, i) for i, p in enumerate(p_values) if not math.isnan(p))
    adjusted = [math.nan] * len(p_values)
    largest = 0.
    for rank, (p, i) in enumerate(order):
        largest = max(largest, min(1., p * (len(order) - rank)))
        adjusted[i] = largest
    return adjusted
