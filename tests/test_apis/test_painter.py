"""Pictures in strips equal pictures made at once."""

import numpy as np
import pytest

from drfuse.apis.degradation_spec import parse_degradation
from drfuse.apis.painter import Painter
from drfuse.apis.pairs import SourcePair
from drfuse.apis.prepare import prepare_pair


def prepared(scene, degradation, scale=1):
    vis = scene['vis'][::scale, ::scale]
    pair = SourcePair('p', scene['ir'], np.ascontiguousarray(vis))
    return prepare_pair(pair, ('ir', 'vis'), parse_degradation(degradation, ('ir', 'vis')))


@pytest.fixture
def tall(scene):
    return {name: np.concatenate([image, image[::-1]] * 3) for name, image in scene.items()}


@pytest.mark.parametrize('how', ['guided', 'observed'])
@pytest.mark.parametrize(('degradation', 'scale'), [('noise', 1), ('composite', 2)])
def test_strips_make_no_seams(how, degradation, scale, tall):
    pair = prepared(tall, degradation, scale)
    luma = {name: o.A.pinv(o.y)[0].clamp(0, 1) for name, o in pair.inputs.items()}
    at_once, strips = (Painter(pair, luma, how, strip=n).paint(pair.pictures[1], luma['vis'], 'vis').pixels.astype(int)
                       for n in (1 << 20, 16 * 64))
    assert at_once.shape == (288, 64, 3) and np.ptp(at_once, -1).max() > 20
    assert np.abs(at_once - strips).max() <= 1


def test_grey_sources_and_grey_results_have_no_colour(tall):
    pair = prepared(tall, 'noise')
    luma = {name: o.y[0].clamp(0, 1) for name, o in pair.inputs.items()}
    painter = Painter(pair, luma, strip=1000)
    assert painter.has_colour('vis') and not painter.has_colour('ir')
    assert painter.paint(pair.pictures[0], luma['ir'], 'ir').pixels.shape == (288, 64)
    grey = Painter(pair, luma, gray=True, strip=1000).paint(pair.pictures[1], luma['vis'], 'vis')
    assert grey.pixels.shape == (288, 64)
    assert np.array_equal(grey.pixels, pair.pictures[1].levels(luma['vis'], True))
