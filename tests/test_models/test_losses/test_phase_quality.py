"""The loss form of Q_P: close to the metric, with a gradient that raises it."""

import numpy as np
import pytest
import torch
from skimage import data

from drfuse.baselines.fusers import build_fuser
from drfuse.evaluation.functional import measure
from drfuse.evaluation.functional.phase_congruency import phase_congruency
from drfuse.models.losses.phase_quality import phase_maps, phase_quality
from drfuse.utils.seed import keyed_generator


@pytest.fixture(scope='module')
def sources():
    a = torch.from_numpy(data.camera()[100:196, 150:262].astype(np.float32) / 255)[None, None]
    b = torch.from_numpy(data.moon()[200:296, 200:312].astype(np.float32) / 255)[None, None]
    return [a, b]


def metric(fused, sources):
    fused, *sources = ((255 * x[0, 0].double()).round().numpy().astype(np.uint8) for x in (fused, *sources))
    return measure(fused, sources, ['QP'], workers=1)['QP'].value


@pytest.mark.parametrize('rule', ['average', 'maximum', 'laplacian_pyramid', 'guided_filter', 'copy_first'])
def test_is_the_metric_but_for_rounding(sources, rule):
    fused = build_fuser(rule)(*sources)
    assert float(phase_quality(fused, sources)) == pytest.approx(metric(fused, sources), rel=0.02)


def test_maps_are_those_of_the_metric(sources):
    image = sources[0]
    expected = phase_congruency([255 * image[0].double()], 'yuliu')[0].result()
    for found, want in zip(phase_maps(image)[0], expected, strict=True):
        torch.testing.assert_close(found.double(), want[0], atol=2e-3, rtol=0)


def test_its_gradient_leads_to_a_better_metric(sources):
    fused = ((sources[0] + sources[1]) / 2).requires_grad_()
    before, optimizer = metric(fused.detach(), sources), torch.optim.Adam([fused], lr=2e-3)
    for _ in range(10):
        optimizer.zero_grad()
        (1 - phase_quality(fused, sources)).sum().backward()
        optimizer.step()
    assert metric(fused.detach().clamp(0, 1), sources) > before + 0.05


def test_every_sample_counts_for_itself_and_sources_may_be_three(sources):
    a, b = sources
    batch = phase_quality(torch.cat((a, b)), [torch.cat((a, a)), torch.cat((b, b))])
    assert batch.shape == (2,)
    torch.testing.assert_close(batch[1:], phase_quality(b, sources))
    assert float(phase_quality(a, [b, a, b])) == pytest.approx(float(phase_quality(a, [b, a])), abs=1e-5)


def test_flat_images_have_a_gradient_and_no_features_no_quality():
    flat = torch.full((1, 1, 32, 40), 0.5)
    noise = torch.rand(1, 1, 32, 40, generator=keyed_generator('phase'))
    fused = flat.clone().requires_grad_()
    phase_quality(fused, [noise, flat]).sum().backward()
    assert fused.grad.isfinite().all()
    assert float(phase_quality(noise, [flat, flat])) == 0
