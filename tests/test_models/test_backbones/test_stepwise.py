"""One network a step: the contract, which network answers, and its form for inference."""

from dataclasses import replace

import pytest
import torch

from drfuse.diffusion.denoiser import StepCondition
from drfuse.models import LightUNet, StepwiseDenoiser
from drfuse.testing import check_backbone
from drfuse.testing.backbone_contract import perturbed

TINY = dict(type='LightUNet', widths=(8, 8, 16), encoder_blocks=(1, 1, 1), emb_channels=0, weight_bands=2)
LAST = dict(TINY, refined_weights=4, recall=True)
FIRST = dict(TINY, decoder_blocks=(2, 1), weight_blocks=0, remember=True)


def networks(number=2):
    torch.manual_seed(0)
    return perturbed(StepwiseDenoiser([LAST, *[dict(FIRST, recall=True)] * (number - 2), FIRST]), 0).eval()


def inputs(batch=1, size=(24, 32)):
    generator = torch.Generator().manual_seed(1)
    x, known, residual = (torch.rand(batch, c, *size, generator=generator) for c in (3, 2, 2))
    return x, StepCondition(known, 0.1 * residual, torch.full((batch, 2, *size), 0.05))


def test_keeps_the_contract():
    torch.manual_seed(0)
    check_backbone(StepwiseDenoiser([LAST, dict(FIRST, recall=True), FIRST]))


@pytest.mark.parametrize(('t', 'index'), [(1, 0), (2, 1), (3, 1), (7, 1)])
def test_a_step_is_answered_by_its_network_and_later_ones_by_the_last(t, index):
    net, (x, cond) = networks(), inputs()
    steps = torch.tensor([t])
    with torch.no_grad():
        assert torch.equal(net(x, steps, cond).eps, net.networks[index](x, steps, cond).eps)
        assert not torch.equal(net(x, steps, cond).eps, net.networks[1 - index](x, steps, cond).eps)


def test_samples_of_one_batch_may_be_at_different_steps():
    net, (x, cond) = networks(), inputs(3)
    with torch.no_grad():
        mixed = net(x, torch.tensor([2, 1, 2]), cond)
        for i, t in enumerate((2, 1, 2)):
            single = net(x[i:i + 1], torch.tensor([t]), cond.sample(i))
            torch.testing.assert_close(mixed.eps[i:i + 1], single.eps, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize('t', [1, 2, 3])
def test_for_inference_it_predicts_the_same(t):
    net, (x, cond) = networks(3), inputs()
    steps, fast = torch.tensor([t]), net.for_inference(torch.float32)
    with torch.no_grad():
        expected, found = net(x, steps, cond), fast(x, steps, cond)
        torch.testing.assert_close(found.eps, expected.eps, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(found.weight_logits, expected.weight_logits[:, :2], atol=1e-5, rtol=1e-5)
        assert torch.equal(fast.at_step(t, x, cond).eps, found.eps)
        torch.testing.assert_close(found.memory, expected.memory, atol=1e-5, rtol=1e-5)
    assert fast.network is net and (fast.receptive_field, fast.size_divisibility, fast.weight_bands) == (
        net.receptive_field, net.size_divisibility, net.weight_bands)
    assert fast.receptive_field == max(n.receptive_field for n in net.networks)


def test_the_last_step_alone_stays_in_float32():
    net, (x, cond) = networks(), inputs()
    single, half = net.for_inference(torch.float32), net.for_inference(torch.bfloat16)
    with torch.no_grad():
        for t, same in ((1, True), (2, False)):
            steps = torch.tensor([t])
            assert torch.equal(half(x, steps, cond).eps, single(x, steps, cond).eps) is same


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_memory_reaches_the_next_step_and_is_left_unchanged(dtype):
    net, (x, cond) = networks(3), inputs(size=(19, 27))
    fast = net.for_inference(dtype)
    with torch.no_grad():
        notes = fast(x, torch.tensor([3]), cond).memory
        kept = [m.clone() for m in notes]
        for t in (2, 1):
            steps, told = torch.tensor([t]), replace(cond, memory=notes)
            found, expected = fast(x, steps, told).eps, net(x, steps, told).eps
            assert (found - fast(x, steps, cond).eps).abs().max() > 1e-4
            tolerance = 1e-5 if dtype == torch.float32 or t == 1 else 0.1
            torch.testing.assert_close(found, expected, atol=tolerance, rtol=tolerance)
    assert all(torch.equal(a, b) for a, b in zip(kept, notes, strict=True))


@pytest.mark.parametrize(('configs', 'text'), [
    ([], 'needs one config or more, got none'),
    ([TINY, dict(TINY, weight_bands=3)], r'must agree in weight_bands, got \[2, 3\]'),
    ([TINY, dict(TINY, num_sources=3)], r'must agree in num_sources, got \[2, 3\]'),
])
def test_mistakes_are_named(configs, text):
    with pytest.raises(ValueError, match=text):
        StepwiseDenoiser(configs)


def test_a_network_for_one_step_has_no_embedding():
    names = [name for name, _ in LightUNet(**{k: v for k, v in TINY.items() if k != 'type'}).named_parameters()]
    assert not [name for name in names if 'shift' in name or 'time' in name]
