"""The folded network predicts what the trained one predicts."""

import pytest
import torch

from drfuse.diffusion.denoiser import StepCondition
from drfuse.models import LightUNet
from drfuse.models.backbones.folded_light_unet import FoldedLightUNet, _shuffle_pixels
from drfuse.testing.backbone_contract import perturbed


def network(**options):
    torch.manual_seed(0)
    small = dict(widths=(8, 8, 16), encoder_blocks=(1, 1, 1), emb_channels=16, weight_bands=2)
    return perturbed(LightUNet(**{**small, **options}), 0).eval()


def inputs(size, batch=1, constant=True, sources=2):
    generator = torch.Generator().manual_seed(1)
    x, y, r = (torch.rand(batch, c, *size, generator=generator) for c in (sources + 1, sources, sources))
    sigma = 0.05 * torch.rand(batch, sources, 1, 1, generator=generator)
    sigma = sigma.expand(-1, -1, *size) if constant else sigma * torch.ones(size)
    return x, torch.full((batch,), 2.0), StepCondition(y, 0.1 * r, sigma)


@pytest.mark.parametrize(('kinds', 'refined'), [(('conv', 'gated', 'gated'), 4), (('dense', 'conv', 'large'), 0)])
@pytest.mark.parametrize(('size', 'batch', 'constant'),
                         [((24, 32), 1, True), ((33, 47), 2, True), ((24, 24), 2, False)])
def test_float32_differs_by_rounding_alone(kinds, refined, size, batch, constant):
    net, args = network(block_kinds=kinds, refined_weights=refined), inputs(size, batch, constant)
    with torch.no_grad():
        expected, found = net(*args), net.for_inference(torch.float32)(*args)
    torch.testing.assert_close(found.eps, expected.eps, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(found.weight_logits, expected.weight_logits[:, :2], atol=1e-5, rtol=1e-5)


def test_features_that_are_clipped_are_clipped_alike():
    net, (x, t, cond) = network(), inputs((24, 32))
    for name, buffer in net.named_buffers():
        assert name.endswith('limits')
        buffer.uniform_(0.01, 0.5)
    with torch.no_grad():
        expected, found = (n(300 * x, t, cond) for n in (net, net.for_inference(torch.float32)))
    assert expected.eps.isfinite().all()
    torch.testing.assert_close(found.eps, expected.eps, atol=1e-3, rtol=1e-4)


def test_three_sources():
    net, args = network(num_sources=3), inputs((24, 24), sources=3)
    with torch.no_grad():
        torch.testing.assert_close(net.for_inference(torch.float32)(*args)[1], net(*args)[1], atol=1e-5, rtol=1e-5)


def test_bfloat16_is_close_and_answers_in_the_dtype_of_the_state():
    net, args = network(), inputs((24, 32))
    with torch.no_grad():
        expected, found = net(*args), FoldedLightUNet(net, torch.bfloat16)(*args)
    assert found.eps.dtype == torch.float32
    error = (found.eps - expected.eps).abs().max() / expected.eps.abs().max()
    assert 0 < error < 0.05


def test_the_last_step_is_computed_in_float32():
    net, (x, t, cond) = network(), inputs((24, 32))
    last = torch.ones_like(t)
    with torch.no_grad():
        single, half = net.for_inference(torch.float32), net.for_inference(torch.bfloat16)
        assert torch.equal(half(x, last, cond).eps, single(x, last, cond).eps)
        assert not torch.equal(half(x, t, cond).eps, single(x, t, cond).eps)


def test_the_input_is_left_unchanged():
    net, (x, t, cond) = network(), inputs((24, 24))
    before = x.clone()
    net.for_inference(torch.float32)(x, t, cond)
    assert torch.equal(before, x)


def test_features_stay_bounded_in_both_forms():
    net = network()
    x, t, cond = inputs((24, 32))
    wild = 1e6 * (x - 0.5), t, cond
    with torch.no_grad():
        expected, found = net(*wild), net.for_inference(torch.float32)(*wild)
    assert torch.isfinite(expected.eps).all() and expected.eps.abs().max() < 1e4
    torch.testing.assert_close(found.eps, expected.eps, atol=1e-2, rtol=1e-2)


@pytest.mark.parametrize('layout', [torch.channels_last, torch.contiguous_format])
def test_pixels_are_shuffled_as_ever(layout):
    cells = torch.randn(2, 12, 5, 6).contiguous(memory_format=layout)
    assert torch.equal(_shuffle_pixels(cells), torch.nn.functional.pixel_shuffle(cells, 2))
