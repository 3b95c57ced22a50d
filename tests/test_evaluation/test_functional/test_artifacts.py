import math

import numpy as np
import pytest

from drfuse.evaluation.functional import n_abf


def by_pixel(fused, sources):
    """The definition, pixel by pixel."""
    def edges(x):
        p = np.pad(x.astype(float), 1, mode='reflect')
        h, w = x.shape
        strength, angle = np.empty((h, w)), np.empty((h, w))
        for i in range(h):
            for j in range(w):
                q = p[i:i + 3, j:j + 3]
                gx, gy = (q[:, 2] - q[:, 0]) @ [1, 2, 1] / 8, (q[2] - q[0]) @ [1, 2, 1] / 8
                strength[i, j] = math.hypot(gx, gy)
                angle[i, j] = (math.atan(gy / gx) if gx else math.copysign(math.pi / 2, gy)) if gx or gy else 0
        return strength, angle

    g_f, a_f = edges(fused)
    lost = total = 0
    artifact = np.ones(fused.shape, bool)
    for source in sources:
        g, a = edges(source)
        ratio = np.where((g == 0) | (g_f == 0), 0, np.minimum(g, g_f) / np.maximum(np.maximum(g, g_f), 1e-300))
        agreement = abs(abs(a - a_f) - math.pi / 2) * 2 / math.pi
        quality = np.sqrt(0.9999 / (1 + np.exp(-19 * (ratio - 0.5))) * 0.9995 / (1 + np.exp(-22 * (agreement - 0.5))))
        weight = np.where(g >= 2, g**1.5, 0.001)
        lost, total, artifact = lost + (1 - quality) * weight, total + weight, artifact & (g_f > g)
    return (lost * artifact).sum() / total.sum()


@pytest.mark.parametrize('rule', ['average', 'noisy'])
def test_the_definition_pixel_by_pixel(formula, rule):
    case = formula['95x121']
    cut = (slice(0, 30), slice(50, 80))
    fused, sources = case.fused[rule][cut], [s[cut] for s in case.sources]
    assert n_abf(fused, sources) == pytest.approx(by_pixel(fused, sources), rel=1e-12)


def test_noise_is_an_artifact_and_a_copy_is_none(formula):
    case = formula['96x120']
    assert n_abf(case.fused['noisy'], case.sources) > 5 * n_abf(case.fused['average'], case.sources)
    assert n_abf(case.sources[0], case.sources) == 0
