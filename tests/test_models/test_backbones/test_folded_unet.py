"""The folded network predicts what the network predicts, and leaves it as it is."""

import pytest
import torch

from drfuse.models import DualDecoderUNet
from drfuse.models.backbones import fused_conv
from drfuse.models.backbones.folded_unet import FoldedDualDecoderUNet
from drfuse.testing.backbone_contract import perturbed

SMALL = dict(base_channels=8, channel_multipliers=(1, 2), norm_groups=4, time_channels=32)


@pytest.fixture
def make():
    def build(**settings):
        torch.manual_seed(0)
        return perturbed(DualDecoderUNet(**{**SMALL, **settings}), 0).eval()
    return build


@pytest.mark.parametrize('settings', [{}, dict(channel_multipliers=(1, 1)), dict(num_sources=3),
                                      dict(channel_multipliers=(1, 2, 4), blocks_per_level=1)])
@torch.no_grad()
def test_float32_differs_by_rounding_alone(make, settings):
    network = make(**settings)
    x, t = torch.rand(2, network.num_sources + 1, 23, 30), torch.full((2,), 2.0)
    expected, found = network(x, t), network.for_inference(torch.float32)(x, t)
    torch.testing.assert_close(found.eps, expected.eps, atol=1e-5, rtol=1e-4)
    logits = expected.weight_logits
    torch.testing.assert_close(found.weight_logits, logits[:, :1] if network.num_sources == 2 else logits, atol=1e-5,
                               rtol=1e-4)


@torch.no_grad()
def test_the_same_without_fused_operations(make, monkeypatch):
    x, t, network = torch.rand(1, 3, 16, 16), torch.ones(1), FoldedDualDecoderUNet(make())
    fused = network(x, t)
    monkeypatch.setattr(fused_conv, 'has_fused', lambda image: False)
    torch.testing.assert_close(network(x, t), fused, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_bfloat16_is_close_and_the_network_stays_float32(make):
    network, x, t = make(), torch.rand(1, 3, 16, 16), torch.ones(1)
    half = network.for_inference(torch.bfloat16)
    error = (half(x, t).eps - network(x, t).eps).abs().max()
    assert 0 < error < 0.1 and half(x, t).eps.dtype == torch.float32
    assert next(network.parameters()).dtype == torch.float32


@torch.no_grad()
def test_neither_input_nor_a_later_call_changes(make):
    network, x, t = FoldedDualDecoderUNet(make()), torch.rand(1, 3, 16, 16), torch.ones(1)
    before, first = x.clone(), network(x, t)
    assert torch.equal(x, before) and torch.equal(network(x, t).eps, first.eps)
