"""The light network: contract, budget, receptive field, and what it starts as."""

from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from drfuse.diffusion.denoiser import StepCondition
from drfuse.models import LightUNet
from drfuse.registry import BACKBONES
from drfuse.testing import check_backbone
from drfuse.utils.config import load_config
from drfuse.utils.paths import find_config

TINY = dict(widths=(8, 8, 16), encoder_blocks=(1, 1, 1), emb_channels=16)


def known(batch, size, num_sources=2):
    maps = torch.rand(batch, num_sources, *size)
    return torch.rand(batch, num_sources + 1, *size), StepCondition(
        maps, 0.1 * maps, 0.05 * torch.ones_like(maps), alpha_bar=torch.tensor(0.9))


@pytest.mark.parametrize('options', [{}, dict(weight_bands=4), dict(num_sources=3, weight_bands=2, refined_weights=4),
                                     dict(block_kinds=('dense', 'conv', 'gated')), dict(block_kinds=('large',) * 3),
                                     dict(weight_votes=(1, 5)),
                                     dict(weight_bands=2, refined_weights=4, weight_smoothing=(1, 5)),
                                     dict(num_sources=3, weight_bands=2, weight_smoothing=(1, 3))])
def test_keeps_the_contract(options):
    torch.manual_seed(0)
    check_backbone(LightUNet(**{**TINY, **options}))


def shipped():
    cfg = load_config(find_config('light/ivf.py'), None).model.backbone
    return BACKBONES.build(cfg)


def test_the_shipped_size_stays_within_its_budget():
    network = shipped()
    assert sum(p.numel() for p in network.parameters()) <= 1.5e6
    x, cond = known(1, (768, 1024))
    for t in (1, 2, 3):
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            network(x, torch.tensor([t]), cond)
        assert counter.get_total_flops() <= 30e9


def test_the_shipped_receptive_field_is_finite():
    assert shipped().receptive_field < 256


@pytest.mark.parametrize('refined', [0, 4])
def test_an_untrained_step_predicts_no_noise_and_balanced_weights(refined):
    x, cond = known(2, (19, 27))
    out = LightUNet(**TINY, weight_bands=3, refined_weights=refined)(x, torch.tensor([1, 2]), cond)
    assert out.eps.shape == (2, 3, 19, 27) and out.weight_logits.shape == (2, 6, 19, 27)
    assert not out.eps.any() and not out.weight_logits.any()


@pytest.mark.parametrize('what', ['t', 'pinv', 'residual', 'sigma'])
def test_uses_everything_it_is_told(what):
    torch.manual_seed(0)
    network = LightUNet(**TINY)
    for p in network.parameters():
        torch.nn.init.normal_(p, std=0.2)
    x, cond = known(1, (16, 16))
    before = network(x, torch.tensor([1]), cond)
    t = torch.tensor([2 if what == 't' else 1])
    changed = replace(cond, **{what: getattr(cond, what) + 0.1}) if what != 't' else cond
    after = network(x, t, changed)
    assert all((a - b).abs().max() > 1e-4 for a, b in zip(before[:2], after[:2], strict=True))


@pytest.mark.parametrize('level', [0, 1])
def test_memory_of_the_step_before_is_read_at_both_levels(level):
    torch.manual_seed(0)
    network = LightUNet(**TINY, recall=True, remember=True)
    for p in network.parameters():
        torch.nn.init.normal_(p, std=0.2)
    (x, cond), t = known(1, (19, 27)), torch.tensor([1])
    before = network(x, t, cond)
    assert [m.shape for m in before.memory] == [(1, 8, 12, 16), (1, 8, 6, 8)]  # of the padded image
    changed = list(torch.zeros_like(m) for m in before.memory)
    changed[level] += 0.1
    silent, after = (network(x, t, replace(cond, memory=tuple(m))) for m in
                     ([torch.zeros_like(m) for m in before.memory], changed))
    assert torch.equal(silent.eps, before.eps) and (after.eps - before.eps).abs().max() > 1e-4


def test_memory_is_left_and_read_where_asked_for_alone():
    (x, cond), t = known(1, (16, 16)), torch.tensor([1])
    notes = LightUNet(**TINY, remember=True)(x, t, cond).memory
    network = LightUNet(**TINY)
    out = network(x, t, replace(cond, memory=notes))
    assert out.memory is None and torch.equal(out.eps, network(x, t, cond).eps)


@pytest.mark.parametrize(('options', 'text'), [
    (dict(widths=(8, 8)), 'has 3 levels and 2 on the way up'),
    (dict(decoder_blocks=(1,)), 'has 3 levels and 2 on the way up'),
    (dict(encoder_blocks=(1, -1, 1)), 'block counts and refined_weights >= 0'),
    (dict(refined_weights=-1), 'block counts and refined_weights >= 0'),
    (dict(weight_bands=0), 'positive widths and weight_bands'),
    (dict(weight_smoothing=(1, 3)), r'weight_smoothing needs 1 odd sides, one a band, got \(1, 3\)'),
    (dict(weight_smoothing=(4,)), 'weight_smoothing needs 1 odd sides'),
    (dict(block_kinds=('conv', 'conv', 'magic')), "block_kinds must be of .*, got 'magic'"),
])
def test_mistakes_are_named(options, text):
    with pytest.raises(ValueError, match=text):
        LightUNet(**options)
