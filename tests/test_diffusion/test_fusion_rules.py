import pytest
import torch

from drfuse.degradations import PixelWeights, StarletWeights
from drfuse.diffusion import PixelFusion, StarletFusion
from drfuse.utils.seed import keyed_generator


def logits(channels):
    return torch.randn(2, channels, 6, 7, generator=keyed_generator('logits', channels))


def test_a_pixel_mask_is_the_softmax():
    W = PixelFusion()(logits(3), 3)
    assert isinstance(W, PixelWeights)
    torch.testing.assert_close(W.maps, logits(3).softmax(1))


def test_bands_of_a_source_are_neighbours():
    z = logits(8)
    W = StarletFusion(bands=4)(z, 2)
    assert isinstance(W, StarletWeights) and W.band_maps.shape == (2, 2, 4, 6, 7)
    torch.testing.assert_close(W.band_maps[:, 0, 1], torch.sigmoid(z[:, 1] - z[:, 5]))


@pytest.mark.parametrize('rule', [PixelFusion(3.0), StarletFusion(1, 3.0)])
def test_bounded_logits_keep_a_gradient_and_a_share(rule):
    z = torch.tensor([40.0, 0.0]).view(1, 2, 1, 1).requires_grad_()
    share = rule(z, 2).maps[0, 1]
    assert share > torch.sigmoid(torch.tensor(-3.01))
    small = torch.tensor([0.2, 0.0]).view(1, 2, 1, 1)
    torch.testing.assert_close(rule(small, 2).maps, small.softmax(1), rtol=0, atol=1e-3)


@pytest.mark.parametrize(('make', 'text'), [
    (lambda: PixelFusion(0.0), 'max_logit must be None or > 0, got 0.0'),
    (lambda: StarletFusion(0), 'bands must be >= 1, got 0'),
    (lambda: StarletFusion(max_logit=-1), 'max_logit must be None or > 0, got -1'),
    (lambda: PixelFusion()(logits(4), 2), 'needs 2 logits a pixel, one a source, got 4'),
    (lambda: StarletFusion(3)(logits(4), 2), 'needs 6 logits a pixel for 2 sources, got 4: set weight_bands'),
])
def test_mistakes_are_named(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def test_a_fused_pixel_depends_on_no_more_than_the_reach():
    rule = StarletFusion(bands=3)
    W = rule(torch.randn(1, 6, 1, 33, generator=keyed_generator('reach')), 2)
    impulse = torch.zeros(1, 1, 1, 33)
    impulse[..., 16] = 1
    seen = W.apply(0, impulse)[0, 0, 0].nonzero().flatten()
    assert (int(seen.min()), int(seen.max())) == (16 - rule.reach, 16 + rule.reach)
    assert PixelFusion().reach == 0
