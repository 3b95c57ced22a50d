"""Loss forms of metrics: maxima, gradients, and agreement with the metrics they stand for."""

import numpy as np
import pytest
import torch
from skimage import data, filters

from drfuse.baselines.fusers import build_fuser
from drfuse.datasets.synthetic import draw_road_scene
from drfuse.evaluation.convention import luminance
from drfuse.evaluation.functional import measure
from drfuse.evaluation.functional.chen_blum import q_cb
from drfuse.models.losses.functional import sobel_components
from drfuse.models.losses.quality_terms import (
    contrast_quality,
    edge_quality,
    invented_slopes,
    mutual_information,
    piella_quality,
    strongest_gradient,
    total_variation,
)
from drfuse.utils.seed import keyed_generator


@pytest.fixture(scope='module')
def sources():
    a = torch.from_numpy(data.camera()[100:196, 150:262].astype(np.float32) / 255)[None, None]
    b = torch.from_numpy(data.moon()[200:296, 200:312].astype(np.float32) / 255)[None, None]
    return [a, b]


def candidates(sources):
    a, b = sources
    noise = 0.05 * torch.randn(a.shape, generator=keyed_generator('noise'))
    blurred = torch.from_numpy(filters.gaussian(a[0, 0].numpy(), 2))[None, None]
    return [a, b, (a + b) / 2, torch.maximum(a, b), (a + noise).clamp(0, 1), blurred]


def scores(sources, name):
    def byte(x):
        return (255 * x[0, 0].double()).round().numpy().astype(np.uint8)

    return [measure(byte(f), [byte(x) for x in sources], [name], workers=1)[name].value for f in candidates(sources)]


def seen_whole(fused, sources):
    return contrast_quality(fused, sources, side=104)


@pytest.mark.parametrize(('term', 'name'), [(piella_quality, 'QW'), (edge_quality, 'QABF'), (seen_whole, 'QCB')])
def test_ranks_candidates_as_the_metric_does(sources, term, name):
    values = [float(term(f, sources)) for f in candidates(sources)]
    assert np.corrcoef(values, scores(sources, name))[0, 1] > 0.85


def test_mutual_information_orders_as_the_metric_does(sources):
    # exact copies of pixels are left out: 256 bins reward them beyond what soft bins can see
    chosen = [0, 2, 5, 4]
    values = [float(sum(2 * mutual_information(f, x) for x in sources)) for f in candidates(sources)]
    metric = scores(sources, 'QMI')
    for series in (values, metric):
        ordered = [series[i] for i in chosen]
        assert ordered == sorted(ordered, reverse=True)


def test_maxima(sources):
    a = sources[0]
    assert float(piella_quality(a, [a, a])) == pytest.approx(1, abs=1e-4)
    assert float(edge_quality(a, [a, a])) > 0.95
    assert float(contrast_quality(a, [a, a])) == pytest.approx(1, abs=1e-4)
    # soft bins spread a value over two of them, so even an image with itself stays below the hard bound
    assert 0.35 < float(mutual_information(a, a)) <= 0.5 + 1e-6


def test_mutual_information_of_independent_images_is_small():
    x, y = (torch.rand(1, 1, 128, 128, generator=keyed_generator('mi', i)) for i in range(2))
    assert float(mutual_information(x, y, bins=16)) < 0.01


def test_contrast_is_near_the_metric_and_knows_no_brightness():
    scene = draw_road_scene((192, 192), np.random.default_rng(0))
    sources = [torch.from_numpy(luminance(scene[name]).astype(np.float32) / 255)[None, None] for name in ('ir', 'vis')]
    for rule in ('average', 'maximum', 'laplacian_pyramid', 'guided_filter'):
        fused = build_fuser(rule)(*sources)
        metric = q_cb(255 * fused[0, 0].double().numpy(), [255 * x[0, 0].double().numpy() for x in sources])
        assert float(contrast_quality(fused, sources, side=192)) == pytest.approx(metric, abs=0.02)
        torch.testing.assert_close(contrast_quality(0.5 * fused + 0.2, sources), contrast_quality(fused, sources))


@pytest.mark.parametrize('term', [piella_quality, edge_quality, contrast_quality,
                                  lambda f, s: mutual_information(f, s[0])])
def test_gradient_is_finite_and_climbs(sources, term):
    flat = torch.full((1, 1, 40, 40), 0.5)
    for fused, others in (((sources[0] + sources[1]) / 2, sources), (flat, [flat, flat])):
        f = fused.clone().requires_grad_()
        value = term(f, others).sum()
        value.backward()
        assert f.grad.isfinite().all()
    f = ((sources[0] + sources[1]) / 2).requires_grad_()
    before = term(f, sources).sum()
    (gradient,) = torch.autograd.grad(before, f)
    assert term(f + 1e-3 * gradient / gradient.abs().max(), sources).sum() > before


def test_strongest_gradient_keeps_the_sign():
    ramp = torch.arange(12.0).div(20).expand(1, 1, 12, 12)
    strongest = strongest_gradient([0.2 * ramp, 1 - ramp])
    torch.testing.assert_close(strongest, sobel_components(1 - ramp, 8.0))
    assert strongest[0, 0, 5, 5] == pytest.approx(-0.05, abs=1e-6)


def test_total_variation_of_a_ramp():
    ramp = torch.arange(10.0).expand(1, 2, 6, 10)
    assert float(total_variation(0.3 * ramp)) == pytest.approx(0.3, abs=1e-6)


def test_a_source_and_any_even_mixture_invent_no_slope(sources):
    for fused in (*sources, 0.3 * sources[0] + 0.7 * sources[1]):
        assert invented_slopes(fused, sources) == 0


def test_a_change_of_weights_between_flat_areas_is_an_invented_slope():
    bright, dark = torch.full((1, 1, 64, 64), 0.8), torch.full((1, 1, 64, 64), 0.2)
    ramp = (torch.arange(64) - 24).clamp(0, 16).div(16).expand(1, 1, 64, 64)
    fused = bright - 0.6 * ramp
    assert 0.2 * 0.6 / 64 < invented_slopes(fused, [bright, dark]) < 0.6 / 56
    edge = bright - 0.6 * (ramp > 0.5)  # nearby, a source has this edge itself
    assert invented_slopes(edge, [edge, dark]) == 0
