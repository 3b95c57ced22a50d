import math

import numpy as np
import pytest

from drfuse.evaluation.functional import q_abf
from drfuse.evaluation.functional.edge_preservation import q_abf_terms
from drfuse.evaluation.functional.pair import Pair


def sobel(x, i, j):
    p = np.pad(x.astype(float), 1)[i:i + 3, j:j + 3]
    gx = (p[:, 2] - p[:, 0]) @ [1, 2, 1]
    return gx, (p[2] - p[0]) @ [1, 2, 1]


def by_pixel(fused, sources, variant):
    """The definition, pixel by pixel."""
    (c1, k1, d1), (c2, k2, d2) = {'yuliu': ((0.9994, -15, 0.5), (0.9879, -22, 0.8)),
                                  'zliu': ((1, -10, 0.5), (1, -20, 0.75))}[variant]
    numerators, weights, ratios = [], [], []
    for i in range(fused.shape[0]):
        for j in range(fused.shape[1]):
            g, a = [], []
            for x in (fused, *sources):
                gx, gy = sobel(x, i, j)
                g.append(math.hypot(gx, gy))
                a.append(math.atan(gy / (gx or 1e-5)))
            quality, weight = [], []
            g_f = g[0]
            for g_s, a_s in zip(g[1:], a[1:], strict=True):
                stronger, g_s = g_s > g_f, g_s or 1e-5
                lost = g_f / g_s
                g_f = g_f or 1e-5
                ratio = lost if stronger else g_s / g_f
                d = abs(a_s - a[0])
                agreement = abs(d - math.pi / 2) * 2 / math.pi if variant == 'zliu' else 1 - d * 2 / math.pi
                quality.append(c1 / (1 + math.exp(k1 * (ratio - d1))) * c2 / (1 + math.exp(k2 * (agreement - d2))))
                weight.append(g_s)
            numerators.append(quality[0] * weight[0] + quality[1] * weight[1])
            weights.append(sum(weight))
            ratios.append(numerators[-1] / weights[-1])
    return np.mean(ratios) if variant == 'zliu' else sum(numerators) / sum(weights)


@pytest.mark.parametrize('variant', ['yuliu', 'zliu'])
def test_the_definition_pixel_by_pixel(trio, variant):
    fused, sources = trio
    cut = (slice(20, 55), slice(40, 70))  # more rows than one strip
    fused, sources = fused[cut], [s[cut] for s in sources]
    assert q_abf(fused, sources, variant) == pytest.approx(by_pixel(fused, sources, variant), rel=1e-12)


def test_a_flat_source_has_almost_no_weight():
    rng = np.random.default_rng(0)
    a, flat = rng.integers(0, 255, (40, 40), dtype=np.uint8), np.zeros((40, 40), np.uint8)
    of_a, of_flat = q_abf_terms(Pair(a, (a, flat)))
    assert of_a == pytest.approx(0.9748, abs=1e-3) and of_flat < 1e-6


@pytest.mark.parametrize(('variant', 'most'), [('yuliu', 0.9747936249694974), ('zliu', 0.9866590924049241)])
def test_the_maximum_is_the_documented_one(variant, most):
    x = np.random.default_rng(1).integers(0, 255, (30, 30), dtype=np.uint8)
    assert q_abf(x, (x, x), variant) == pytest.approx(most, abs=1e-12)
