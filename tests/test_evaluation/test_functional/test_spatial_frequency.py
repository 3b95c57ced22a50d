import math

import numpy as np
import pytest

from drfuse.evaluation.functional import q_sf


def test_the_definition(trio):
    fused, sources = trio

    def differences(x):
        x = x.astype(float)
        return x[:, 1:] - x[:, :-1], x[1:] - x[:-1], x[1:, 1:] - x[:-1, :-1], x[1:, :-1] - x[:-1, 1:]

    def frequency(d):
        return math.sqrt(((d[0]**2).sum() + (d[1]**2).sum() + math.sqrt(2) / 2 * ((d[2]**2).sum() + (d[3]**2).sum()))
                         / fused.size)

    reference = frequency([np.maximum(abs(x), abs(y)) for x, y in zip(*map(differences, sources), strict=True)])
    assert q_sf(fused, sources) == pytest.approx(frequency(differences(fused)) / reference - 1, rel=1e-12)


def test_signs(formula):
    case = formula['96x120']
    assert q_sf(case.sources[0], (case.sources[0],) * 2) == 0
    assert q_sf(np.zeros((96, 120), np.uint8), case.sources) == -1
    assert q_sf(case.fused['noisy'], case.sources) > 0 > q_sf(case.fused['average'], case.sources)
