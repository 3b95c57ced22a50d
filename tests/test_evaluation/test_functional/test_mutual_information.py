import math

import numpy as np
import pytest

from drfuse.evaluation.functional import mi, nmi, q_mi
from drfuse.evaluation.functional.mutual_information import NORMALISATIONS


def halves():
    """Two images of one bit each, independent, and the image that holds both bits."""
    i, j = np.mgrid[:8, :8]
    a, b = (i % 2 * 100).astype(np.uint8), (j % 2 * 50).astype(np.uint8)
    return a, b, a + b


def test_bits_that_are_known():
    a, b, both = halves()
    assert mi(both, (a, b)) == pytest.approx(2)
    assert mi(a, (a, b)) == pytest.approx(1)
    assert q_mi(both, (a, b)) == pytest.approx(2 * (2 / 3))


@pytest.mark.parametrize(('kind', 'value'), [('arithmetic', 2 / 1.5), ('geometric', 2 / math.sqrt(2)), ('minimum', 2),
                                             ('maximum', 1), ('joint', 1)])
def test_normalisations(kind, value):
    a, b, both = halves()
    assert nmi(both, (a, b), kind) == pytest.approx(value)


def test_q_mi_does_not_see_gain_offset_or_inversion(trio):
    fused, sources = trio
    value = q_mi(fused, sources)
    assert q_mi(255 - fused, sources) == pytest.approx(value, rel=1e-12)
    assert q_mi(fused / 2 + 3.25, sources) == pytest.approx(value, rel=1e-12)


def test_the_formula_by_loops(trio):
    fused, sources = trio

    def information(x, y):
        table = {}
        for pair in zip(x.ravel().tolist(), y.ravel().tolist(), strict=True):
            table[pair] = table.get(pair, 0) + 1 / x.size
        px, py = ({k: sum(v for key, v in table.items() if key[i] == k) for k in {key[i] for key in table}}
                  for i in (0, 1))
        return sum(p * math.log2(p / px[k] / py[m]) for (k, m), p in table.items())

    assert mi(fused, sources) == pytest.approx(sum(information(s, fused) for s in sources), rel=1e-11)


@pytest.mark.parametrize('kind', NORMALISATIONS)
def test_a_constant_image_shares_nothing(trio, kind):
    fused, sources = trio
    flat = np.full_like(fused, 9)
    assert nmi(flat, sources, kind) == pytest.approx(0, abs=1e-12)
    assert math.isnan(nmi(flat, (flat, sources[0]), kind))


def test_unknown_normalisation(trio):
    with pytest.raises(ValueError, match="normalisation must be one of .* got 'sum'"):
        nmi(*trio, 'sum')
