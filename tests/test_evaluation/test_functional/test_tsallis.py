import math

import numpy as np
import pytest

from drfuse.evaluation.functional import q_te


def stretch(x):
    x = x.astype(float)
    return np.floor((x - x.min()) / (x.max() - x.min()) * 255 + 0.5).astype(int)


def information(x, y, q):
    """The definition with the marginals swapped, bin by bin."""
    h = np.histogram2d(x.ravel(), y.ravel(), 256, [[0, 256], [0, 256]])[0] / x.size
    u, v = h.sum(0), h.sum(1)
    total = 0
    for i in range(256):
        for j in range(256):
            if h[i, j] and u[i] * v[j]:
                total += h[i, j]**q / (u[i] * v[j])**(q - 1)
    return (1 - total) / (1 - q)


def entropy(x):
    p = np.bincount(x.ravel()) / x.size
    return -sum(v * math.log2(v) for v in p if v)


def test_both_forms_bin_by_bin(trio):
    fused, sources = trio
    f, a, b = (stretch(x) for x in (fused, *sources))
    assert q_te(fused, sources) == pytest.approx(sum(information(s, f, 1.85) for s in (a, b)), rel=1e-11)
    q = 0.43137
    scale = entropy(a)**q + entropy(b)**q + information(a, b, q)
    assert q_te(fused, sources, 'nava') == pytest.approx(sum(information(s, f, q) for s in (a, b)) / scale, rel=1e-11)


def test_unknown_form(trio):
    with pytest.raises(ValueError, match="form must be one of .* got 'renyi'"):
        q_te(*trio, 'renyi')
