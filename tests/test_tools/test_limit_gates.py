"""Gates are limited by what a model shows on data, and then compute the same on it."""

import pytest
import torch

from drfuse.diffusion.denoiser import StepCondition
from drfuse.models import DualDecoderUNet, LightUNet
from drfuse.testing.backbone_contract import perturbed
from drfuse.utils.config import UserError


@pytest.fixture
def tool(load_tool):
    return load_tool('model_converters/limit_gates.py')


class Model(torch.nn.Module):
    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone


def network():
    torch.manual_seed(0)
    return perturbed(LightUNet(widths=(8, 8, 16), encoder_blocks=(1, 1, 1), emb_channels=0), 0).eval()


def known(scale=1.0):
    maps = scale * torch.rand(2, 2, 24, 24, generator=torch.Generator().manual_seed(2))
    cond = StepCondition(maps, 0.1 * maps, torch.full_like(maps, 0.05))
    return torch.cat((maps, maps[:, :1]), 1), torch.ones(2), cond


def test_what_was_seen_stays_and_what_was_not_is_held(tool):
    net = network()
    with torch.no_grad():
        before, far = net(*known()).eps, net(*known(20.0)).eps
        assert tool.limit_gates(Model(net), lambda: net(*known()), 1.0, 1.0) == 3
        torch.testing.assert_close(net(*known()).eps, before)
        limits = torch.cat([b.flatten() for name, b in net.named_buffers()])
        assert tool.LEAST <= limits.min() and limits.max() < 4 and limits.std() > 0
        assert torch.equal(limits, limits.log2().round().exp2())
        assert not torch.allclose(net(*known(20.0)).eps, far)


def test_a_share_of_the_pictures_sets_the_limit(tool):
    nets = [network() for _ in range(2)]
    for net, share in zip(nets, (1.0, 0.0), strict=True):
        tool.limit_gates(Model(net), lambda net=net: net(*known()), share, 1.0)
    (most, least) = (torch.cat([b.flatten() for _, b in net.named_buffers()]) for net in nets)
    assert (most >= least).all() and (most > least).any()


def test_mismatches_are_taken_out_of_the_data(tool):
    part = dict(type='PairedFusionDataset', degradations={})
    config = dict(dataset=dict(shared=dict(part, mismatch=dict(factor=(0.0, 1.3))), datasets=[part]))
    assert tool.told_rightly(config) == dict(dataset=dict(shared=part, datasets=[part]))


def test_other_networks_are_refused(tool):
    small = DualDecoderUNet(base_channels=8, channel_multipliers=(1, 2), norm_groups=4, time_channels=32)
    with pytest.raises(UserError, match='DualDecoderUNet has no gated blocks'):
        tool.limit_gates(Model(small), lambda: None, 1.0, 1.0)
