"""Sharpened fusion weights: the logits times a factor a band, and nothing else."""

import pytest
import torch

from drfuse.diffusion.denoiser import StepCondition
from drfuse.models import DualDecoderUNet, LightUNet, StepwiseDenoiser
from drfuse.testing.backbone_contract import perturbed
from drfuse.utils.config import UserError

SHAPE = dict(type='LightUNet', widths=(8, 8, 16), encoder_blocks=(1, 1, 1), weight_bands=2, emb_channels=0)
LAST = dict(SHAPE, refined_weights=4, weight_votes=(1, 3))


@pytest.fixture
def tool(load_tool):
    return load_tool('model_converters/sharpen_fusion.py')


def known(num_sources=2):
    maps = torch.rand(1, num_sources, 24, 24, generator=torch.Generator().manual_seed(2))
    cond = StepCondition(maps, 0.1 * maps, 0.05 * torch.ones_like(maps), alpha_bar=torch.tensor(0.9))
    return torch.cat((maps, maps[:, :1]), 1), torch.tensor([1]), cond


@pytest.mark.parametrize('num_sources', [2, 3])
def test_logits_of_the_last_step_alone_are_multiplied(tool, num_sources):
    last = LAST if num_sources == 2 else dict(SHAPE, refined_weights=4)
    network = perturbed(StepwiseDenoiser([last, SHAPE], num_sources), 0)
    (x, t, cond), factors = known(num_sources), (1.5, 0.5)
    with torch.no_grad():
        before, early = network(x, t, cond), network(x, t + 1, cond)
        tool.sharpen(network, factors)
        after = network(x, t, cond)
        assert torch.equal(network(x, t + 1, cond).weight_logits, early.weight_logits)
    expected = before.weight_logits.unflatten(1, (num_sources, 2)) * torch.tensor(factors).view(2, 1, 1)
    torch.testing.assert_close(after.weight_logits.unflatten(1, (num_sources, 2)), expected)
    assert torch.equal(after.eps, before.eps)


@pytest.mark.parametrize('factors', [(1.0,), (1.0, 0.0), (1.0, -2.0), (1.0, float('inf'))])
def test_wrong_factors_are_refused(tool, factors):
    network = LightUNet(**{k: v for k, v in SHAPE.items() if k != 'type'})
    with pytest.raises(UserError, match='--factors needs 2 positive numbers, one a band, got 1.0'):
        tool.sharpen(network, factors)


def test_other_networks_are_refused(tool):
    with pytest.raises(UserError, match='must be LightUNet, one or one a step, got DualDecoderUNet'):
        tool.sharpen(DualDecoderUNet(base_channels=8, channel_multipliers=(1, 1), norm_groups=4), [1.0])
