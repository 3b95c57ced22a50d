"""Correction scales: the release's values, per source, bounds."""

import pytest
import torch

from drfuse.diffusion import AlphaSchedule, ConstantScale, DDNMPlusScale, LearnedScale
from drfuse.diffusion.correction_scales import ddnm_plus_lambda

ABAR = AlphaSchedule(3).alpha_bars().detach()


def sigmas(*values):
    return [torch.full((1, 1, 1, 1), v) for v in values]


def test_ddnm_plus_of_the_release():
    scale = DDNMPlusScale(sigma_y=0.03)
    found = [float(scale(t, ABAR, sigmas(9.0, 9.0)).sources[0]) for t in (3, 2, 1)]
    assert found == pytest.approx([1, 1, 3.3333e-5], rel=1e-3)


def test_ddnm_plus_follows_each_source_and_pixel():
    noisy = torch.tensor([[0.0, 5.0], [50.0, 500.0]]).view(1, 1, 2, 2)
    scale = DDNMPlusScale()(2, ABAR, [noisy, *sigmas(0.0)])
    values = scale.sources[0].flatten()
    assert values[0] == 1 and bool((values[1:] < values[:-1]).all())
    assert scale.sources[1].item() == 1
    torch.testing.assert_close(scale.fused, (scale.sources[0] + scale.sources[1]) / 2)
    assert DDNMPlusScale(fused=0.25)(2, ABAR, sigmas(0, 0)).fused == 0.25


def test_lambda_keeps_the_noise_of_the_ancestral_step():
    sigma = torch.tensor(8.0)
    t, previous = ABAR[3], ABAR[2]
    beta = 1 - t / previous
    weight = previous.sqrt() * beta / (1 - t)
    ancestral = (beta * (1 - previous) / (1 - t)).sqrt()
    lam = ddnm_plus_lambda(t, previous, sigma)
    assert lam < 1
    torch.testing.assert_close(lam * weight * sigma, ancestral)


def test_constant_scale_and_its_fused_block():
    scale = ConstantScale(0.5)(1, ABAR, sigmas(0, 0, 0))
    assert scale.sources == (0.5, 0.5, 0.5) and scale.fused == 0.5
    assert ConstantScale([1, 0])(1, ABAR, sigmas(0, 0)).fused == 0.5
    assert ConstantScale(1, fused=0)(1, ABAR, sigmas(0, 0)).fused == 0


def test_learned_scale_trusts_less_what_is_noisy_and_has_gradients():
    scale = LearnedScale(3, 2, start=0.8)
    blocks = scale(2, ABAR, sigmas(0.0, 0.02))
    assert blocks.sources[0].item() == pytest.approx(0.8)
    assert blocks.sources[1].item() == pytest.approx(0.4)  # noise as strong as the estimate's error
    (sum(blocks.sources).sum() + blocks.fused).backward()
    assert all(p.grad is not None and p.grad[1].abs().max() > 0 for p in scale.parameters())


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: ConstantScale(1.5), r'values in \[0, 1\], got 1.5'),
        (lambda: ConstantScale([1, 1])(1, ABAR, sigmas(0, 0, 0)), '2 values for 3 sources'),
        (lambda: DDNMPlusScale(sigma_y=-1), 'sigma_y must be >= 0, got -1'),
        (lambda: DDNMPlusScale(fused='max'), "fused must be 'mean' or in"),
        (lambda: LearnedScale(3, start=1), r'start must be in \(0, 1\), got 1'),
        (lambda: LearnedScale(3, error_std=0), r'error_std must be > 0, got 0'),
        (lambda: LearnedScale(3)(1, ABAR, sigmas(0, 0, 0)), 'num_sources=2 got 3 sources'),
        (lambda: LearnedScale(2)(1, ABAR, sigmas(0, 0)), 'num_steps=2 got a schedule of 3 steps'),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_learned_scale_with_a_fixed_fused_block():
    scale = LearnedScale(3, fused=1.0)
    assert scale.bias.shape == (3, 2)
    assert scale(2, torch.ones(4), [torch.full((1, 1, 1, 1), 0.1)] * 2).fused == 1.0
    with pytest.raises(ValueError, match=r'fused must be None or in \[0, 1\], got 2'):
        LearnedScale(3, fused=2)
