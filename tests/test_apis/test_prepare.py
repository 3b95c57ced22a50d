"""From pictures to observations."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from drfuse.apis.degradation_spec import SourceSpec, parse_degradation, preset
from drfuse.apis.pairs import SourcePair
from drfuse.apis.picture import Picture
from drfuse.apis.prepare import prepare_pair
from drfuse.utils.config import UserError

NAMES = ('ir', 'vis')
ESTIMATE = SimpleNamespace(
    stages=[dict(type='GaussianBlur', sigma=1.5), dict(type='GaussianNoise', sigma=0.02)], noise_sigma=0.02,
    blur_sigma=1.5, factor=1, confidence=dict(noise='high'), summary=lambda: 'noise 0.02')


@pytest.fixture
def estimator(monkeypatch):
    """Stand in for the estimation, which has tests of its own."""
    seen = []

    def estimate_degradation(image, full, boundary):
        seen.append((tuple(image.shape), full, boundary))
        return ESTIMATE
    monkeypatch.setattr('drfuse.apis.prepare.estimate_degradation', estimate_degradation)
    return seen


def names(observed):
    return [stage['type'] for stage in observed['stages']]


def test_low_resolution_infrared(scene):
    small = scene['ir'][::2, ::2]
    pair = prepare_pair(SourcePair('x', small, scene['vis']), NAMES, parse_degradation('composite', NAMES))
    assert pair.image_shape == scene['vis'].shape[:2] and pair.form is pair.pictures[1]
    assert pair.inputs['ir'].y.shape[-2:] == small.shape and list(pair.chroma) == ['vis']
    report = pair.report['sources']
    assert names(report['ir']) == ['GaussianBlur', 'GaussianNoise', 'AveragePool'] and report['ir']['factor'] == 2
    assert report['ir']['luminance_sigma'] == pytest.approx(0.001**0.5 / 2)
    assert report['vis']['luminance_sigma'] == pytest.approx(0.001**0.5 * 0.6686, rel=1e-3)
    assert report['vis']['origin'] == 'preset composite'


def test_given_noise_is_that_of_the_file(scene):
    specs = parse_degradation(dict(a=dict(noise=0.1, blur='none'), b=[]), NAMES)
    pair = prepare_pair(SourcePair('x', scene['ir'][::2, ::2], scene['vis']), NAMES, specs)
    assert names(pair.report['sources']['ir']) == ['AveragePool', 'GaussianNoise']
    assert pair.report['sources']['ir']['luminance_sigma'] == pytest.approx(0.1)


def test_larger_infrared_gives_the_form(scene):
    pair = prepare_pair(SourcePair('x', scene['ir'], scene['vis'][::2, ::2]), NAMES, [preset('noise')] * 2)
    assert pair.form is pair.pictures[0] and pair.image_shape == scene['ir'].shape


def test_what_is_not_given_is_estimated(scene, estimator):
    specs = [SourceSpec(), SourceSpec(noise=0.1)]
    pair = prepare_pair(SourcePair('x', scene['ir'], scene['vis']), NAMES, specs, 'zero')
    ir, vis = pair.report['sources'].values()
    assert ir['origin'] == 'estimated' and ir['summary'] == 'noise 0.02'
    assert names(ir) == ['GaussianBlur', 'GaussianNoise']
    assert vis['origin'] == 'noise given, the rest estimated' and vis['stages'][1]['sigma'] == 0.1
    size = scene['ir'].shape
    assert estimator == [((1, *size), size, 'zero'), ((3, *size), size, 'zero')]


def test_estimated_noise_is_that_before_the_pooling(scene, estimator):
    pair = prepare_pair(SourcePair('x', scene['ir'][::2, ::2], scene['vis']), NAMES,
                        [SourceSpec(blur=()), SourceSpec(stages=())])
    assert names(pair.report['sources']['ir']) == ['GaussianNoise', 'AveragePool']
    assert pair.report['sources']['ir']['origin'] == 'blur given, the rest estimated'


def test_listed_stages_get_the_factor_of_the_sizes(scene):
    specs = parse_degradation(dict(a=[dict(type='GaussianNoise', sigma=0.1)], b=[]), NAMES)
    pair = prepare_pair(SourcePair('x', scene['ir'][::2, ::2], scene['vis']), NAMES, specs)
    assert names(pair.report['sources']['ir']) == ['GaussianNoise', 'AveragePool']


def test_blur_wider_than_the_picture(scene):
    specs = parse_degradation(dict(a=dict(noise=0, blur='gaussian:40'), b=[]), NAMES)
    with pytest.raises(UserError, match='source A: the blur reaches over 321 pixels'):
        prepare_pair(SourcePair('x', scene['ir'], scene['vis']), NAMES, specs)


def test_grey_stored_in_three_channels_has_no_chroma(scene):
    pair = prepare_pair(SourcePair('x', np.dstack([scene['ir']] * 3), torch.zeros(1, *scene['ir'].shape)), NAMES,
                        [preset('noise')] * 2)
    assert pair.chroma == {} and pair.inputs['ir'].y.shape[1] == 1
    assert pair.report['sources']['ir']['luminance_sigma'] == pytest.approx(0.003**0.5)


def test_strong_noise_is_averaged_first_and_told(scene):
    stages = [dict(type='GaussianNoise', sigma=0.4)]
    pair = prepare_pair(SourcePair('x', scene['ir'][:47, :63], scene['vis'][:47, :63]), NAMES,
                        parse_degradation(dict(a=stages, b=dict(noise=0.1, blur='none')), NAMES))
    ir, vis = pair.inputs.values()
    assert ir.y.shape[-2:] == (12, 16) and tuple(ir.A.image_shape) == (47, 63) and vis.y.shape[-2:] == (47, 63)
    assert float(ir.y[0, 0, 0, 0]) == pytest.approx(scene['ir'][:4, :4].mean() / 255, abs=1e-5)
    assert float(ir.sigma.min()) == pytest.approx(0.1, abs=1e-6)
    (warning,) = pair.report['warnings']
    assert warning == ('source A has noise of 0.4, more than models are trained on: its pixels are averaged 4 by 4 '
                       'first')
    assert pair.report['sources']['ir']['stages'] == stages
    assert pair.report['sources']['ir']['luminance_sigma'] == pytest.approx(0.4)


def test_every_picture_becomes_a_tensor_once(scene, estimator, monkeypatch):
    made, make = [], Picture.to_tensor
    monkeypatch.setattr(Picture, 'to_tensor', lambda picture: made.append(picture.name) or make(picture))
    prepare_pair(SourcePair('x', scene['ir'], scene['vis']), NAMES, [SourceSpec()] * 2)
    assert made == ['source A', 'source B']
