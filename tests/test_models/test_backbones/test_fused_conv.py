"""Fused convolutions equal the layer and what follows it."""

import pytest
import torch
from torch import nn

from drfuse.models.backbones import fused_conv
from drfuse.models.backbones.fused_conv import FusedConv, has_fused


@pytest.fixture(params=[dict(kernel_size=3, padding=1), dict(kernel_size=2, stride=2), dict(kernel_size=1, groups=2),
                        dict(kernel_size=3, stride=2, padding=1)])
def layer(request):
    torch.manual_seed(0)
    return nn.Conv2d(4, 6, **request.param)


@pytest.mark.parametrize('fused', [True, False])
@torch.no_grad()
def test_equals_the_layer(layer, fused, monkeypatch):
    if not fused:
        monkeypatch.setattr(fused_conv, 'has_fused', lambda x: False)
    x = torch.randn(2, 4, 10, 12).contiguous(memory_format=torch.channels_last)
    conv, expected = FusedConv.of(layer, torch.float32), layer(x)
    total = torch.randn_like(expected).contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(conv(x), expected)
    torch.testing.assert_close(conv.relu(x), expected.relu())
    torch.testing.assert_close(conv.clipped(x, 0.2), expected.clamp(-0.2, 0.2))
    torch.testing.assert_close(conv.add_to(total.clone(), x), total + expected)


@torch.no_grad()
def test_weights_are_a_copy_or_others(layer):
    conv = FusedConv.of(layer, torch.bfloat16, 2 * layer.weight)
    assert conv.weight.dtype == conv.bias.dtype == torch.bfloat16
    torch.testing.assert_close(conv.weight.float(), 2 * layer.weight, rtol=1e-2, atol=1e-3)
    own = FusedConv.of(layer, torch.float32)
    layer.weight.zero_()
    assert own.weight.any()


def test_only_a_cpu_has_them():
    assert not has_fused(torch.empty(1, device='meta'))
