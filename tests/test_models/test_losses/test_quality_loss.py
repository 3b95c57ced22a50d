from dataclasses import replace

import pytest
import torch

from drfuse.models.losses.functional import elementwise_max, ssim_map
from drfuse.models.losses.quality_terms import mutual_information
from drfuse.registry import FUSION_LOSSES

ALL = dict(intensity=1.0, gradient=1.0, quality=1.0, edges=1.0, contrast=1.0, information=1.0, structure=1.0,
           halo=1.0, smoothness=1.0)


def build(**options):
    return FUSION_LOSSES.build(dict(type='QualityFusionLoss', **options))


@pytest.mark.parametrize('num_sources', [2, 3])
def test_every_term_by_name_and_weight(make_case, num_sources):
    output, targets = make_case(num_sources)
    terms = build(**ALL)(output, targets)
    assert list(terms) == [f'loss_{name}' for name in ALL]
    doubled = build(**{name: 2 * w for name, w in ALL.items()})(output, targets)
    for name, value in terms.items():
        assert value.ndim == 0 and value > 0
        torch.testing.assert_close(doubled[name], 2 * value)


def test_a_weight_of_zero_leaves_a_term_out(make_case):
    assert list(build(intensity=1.0, gradient=0.0, quality=0.0)(*make_case())) == ['loss_intensity']


def test_weaker_counts_the_worse_source(make_case):
    output, targets = make_case()
    output.fused = targets[0]
    options = dict(intensity=0.0, gradient=0.0, quality=0.0, information=1.0, structure=1.0)
    mean, worse = build(**options)(output, targets), build(**options, weaker=1.0)(output, targets)
    similarity = torch.stack([1 - ssim_map(output.fused, x).mean((1, 2, 3)) for x in targets])
    torch.testing.assert_close(mean['loss_structure'], similarity.mean())
    torch.testing.assert_close(worse['loss_structure'], similarity.amax(0).mean())
    information = torch.stack([1 - 2 * mutual_information(output.fused, x) for x in targets])
    torch.testing.assert_close(worse['loss_information'], information.amax(0).mean())


def test_the_worse_source_is_that_of_each_image(make_case):
    output, targets = make_case()
    output.fused = torch.cat((targets[0][:1], targets[1][1:]))  # each image is a copy of another source
    loss = build(intensity=0.0, gradient=0.0, quality=0.0, structure=1.0, weaker=1.0)
    alone = [loss(replace(output, fused=output.fused[one], sources=tuple(x[one] for x in output.sources)),
                  [x[one] for x in targets])['loss_structure'] for one in (slice(0, 1), slice(1, None))]
    assert len(output.fused) == len(alone)
    torch.testing.assert_close(loss(output, targets)['loss_structure'], sum(alone) / len(alone))


def test_gradient_reaches_the_fused_image_only(make_case):
    output, targets = make_case()
    sum(build(**ALL)(output, targets).values()).backward()
    assert output.fused.grad.isfinite().all() and output.fused.grad.any()
    assert all(x.grad is None for x in output.sources)


def test_the_maximum_is_the_optimum_of_intensity(make_case):
    output, targets = make_case()
    output.fused = elementwise_max(targets)
    assert build(intensity=1.0, gradient=0.0, quality=0.0)(output, targets)['loss_intensity'] == 0


@pytest.mark.parametrize(('options', 'text'), [
    (dict(intensity=-1.0), 'needs weights >= 0, and one above 0'),
    (dict(intensity=0.0, gradient=0.0, quality=0.0), 'needs weights >= 0, and one above 0'),
    (dict(weaker=2.0), r'needs weaker in \[0, 1\], got 2.0'),
])
def test_mistakes_are_named(options, text):
    with pytest.raises(ValueError, match=text):
        build(**options)
