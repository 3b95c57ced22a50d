"""The compiled sums are those of NumPy."""

import numpy as np
import pytest

from drfuse.evaluation.functional import piella
from drfuse.evaluation.functional.pair import Pair

pytest.importorskip('numba')
pytest.importorskip('drfuse.evaluation.functional.piella_compiled')


@pytest.mark.parametrize('shape', [(95, 121), (8, 30), (21, 8), (8, 8)], ids=str)
def test_both_metrics(trio, shape):
    cut = slice(0, shape[0]), slice(0, shape[1])
    fused, sources = trio[0][cut], [source[cut] for source in trio[1]]
    pair = Pair(fused, sources)
    compiled = piella.piella_terms(pair)
    np.testing.assert_allclose(compiled, piella._weighted_terms(pair.fused, pair.sources, 'yuliu'), rtol=1e-11)


def test_flat_windows():
    flat, other = np.full((20, 24), 90, np.uint8), np.full((20, 24), 7, np.uint8)
    other[:10] = 200
    for images in ((flat, flat, flat), (flat, flat, other), (other, flat, flat), (other, flat, other)):
        pair = Pair(images[0], images[1:])
        expected = piella._weighted_terms(pair.fused, pair.sources, 'yuliu')
        np.testing.assert_allclose(piella.piella_terms(pair), expected, rtol=1e-11)


def test_grey_levels_that_are_not_whole_are_left_to_numpy(trio, monkeypatch):
    fused, sources = trio
    module = pytest.importorskip('drfuse.evaluation.functional.piella_compiled')
    monkeypatch.setattr(module, 'window_sums', lambda *args: pytest.fail('sums that slide are exact for integers only'))
    assert piella.q_w(fused / 1.25, [source / 1.25 for source in sources]) == pytest.approx(
        piella.q_w(fused.astype(float), [source.astype(float) for source in sources]), abs=1e-3)
