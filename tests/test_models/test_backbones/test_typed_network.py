"""The copy predicts what the network predicts, and leaves it as it is."""

import pytest
import torch

from drfuse.models import DualDecoderUNet
from drfuse.models.backbones.typed_network import TypedNetwork
from drfuse.testing.backbone_contract import perturbed


@pytest.fixture
def network():
    torch.manual_seed(0)
    return perturbed(DualDecoderUNet(base_channels=8, channel_multipliers=(1, 2), norm_groups=4,
                                     time_channels=32), 0).eval()


def test_float32_differs_by_rounding_alone(network):
    x, t = torch.rand(2, 3, 23, 30), torch.full((2,), 2.0)
    with torch.no_grad():
        expected, found = network(x, t), network.for_inference(torch.float32)(x, t)
    for a, b in zip(expected, found, strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)


def test_bfloat16_is_close_and_the_network_stays_float32(network):
    x, t = torch.rand(1, 3, 16, 16), torch.ones(1)
    half = TypedNetwork(network, torch.bfloat16)
    with torch.no_grad():
        error = (half(x, t).eps - network(x, t).eps).abs().max()
    assert 0 < error < 0.1 and half(x, t).eps.dtype == torch.float32
    assert next(network.parameters()).dtype == torch.float32
