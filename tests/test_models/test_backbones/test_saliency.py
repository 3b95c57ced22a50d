"""Votes by saliency: who is sharper, how far they reach, and the network that reads them."""

from dataclasses import replace

import pytest
import torch

from drfuse.diffusion.ddim import predict_x0
from drfuse.diffusion.denoiser import StepCondition
from drfuse.models import LightUNet
from drfuse.models.backbones.saliency import LIMIT, SaliencyVotes, saliency_votes
from drfuse.testing.backbone_contract import perturbed
from drfuse.utils.seed import keyed_generator

TINY = dict(widths=(8, 8, 16), encoder_blocks=(1, 1, 1), emb_channels=0, weight_bands=2)


def random_image(height=32, width=48):
    return torch.rand(1, 1, height, width, generator=keyed_generator('saliency'))


def test_the_sharper_half_wins():
    grain = 0.2 * (random_image() - 0.5)
    left = (torch.arange(48) < 24).float()
    first, second = 0.5 + grain * left, 0.5 + grain * (1 - left)
    votes = saliency_votes(first, second, (1, 5))
    assert votes.shape == (1, 2, 8, 12)
    assert (votes[:, 0, :, :4] > 0.9 * LIMIT).all() and (votes[:, 0, :, 8:] < -0.9 * LIMIT).all()
    assert torch.equal(saliency_votes(second, first, (1, 5)), -votes)
    assert not saliency_votes(first, first, (1, 5)).any()


def test_wide_votes_are_means_cut_at_the_borders():
    first, second = random_image(), random_image().flip(3)
    own, wide = saliency_votes(first, second, (1, 5))[0]
    torch.testing.assert_close(wide[4, 6], own[2:7, 4:9].mean())
    torch.testing.assert_close(wide[0, 0], own[:3, :3].mean())


def test_a_vote_depends_on_no_more_than_the_reach():
    windows = (1, 3)
    reach = SaliencyVotes(windows, 4, 2).reach
    image = random_image(80, 80).requires_grad_()
    votes = saliency_votes(image, 0.5 * random_image(80, 80), windows)
    votes[0, :, 10, 10].sum().backward()  # pixels 40..43
    rows = image.grad[0, 0].abs().sum(1).nonzero().flatten()
    assert 40 - reach <= int(rows.min()) < 40 and 43 < int(rows.max()) <= 43 + reach


def known(size):
    maps = torch.rand(1, 2, *size, generator=keyed_generator('known'))
    state = torch.cat((maps, maps.mean(1, keepdim=True)), 1).flip(2)
    return state, torch.tensor([1]), StepCondition(maps, 0.1 * maps, torch.full_like(maps, 0.05),
                                                   alpha_bar=torch.tensor(0.9))


def test_votes_of_an_untrained_network_change_nothing():
    torch.manual_seed(0)
    plain = perturbed(LightUNet(**TINY), 0)
    voting = LightUNet(**TINY, weight_votes=(1, 5))
    assert voting.load_state_dict(plain.state_dict(), strict=False).missing_keys == [
        'weight_votes.stem.weight', 'weight_votes.head.weight']
    args = known((16, 24))
    assert torch.equal(voting(*args).weight_logits, plain(*args).weight_logits)


def test_votes_are_those_of_the_predicted_sources():
    x, _, cond = known((16, 24))
    eps = torch.rand(x.shape, generator=keyed_generator('eps')) - 0.5
    first, second, _ = predict_x0(x, eps, cond.alpha_bar).split(1, 1)
    assert torch.equal(SaliencyVotes((1, 3), 4, 2)(x, eps, cond), saliency_votes(first, second, (1, 3)))


@pytest.mark.parametrize('size', [(24, 32), (33, 47)])
def test_the_folded_network_votes_and_smooths_alike(size):
    torch.manual_seed(0)
    network = LightUNet(**TINY, refined_weights=4, weight_votes=(1, 5), weight_smoothing=(1, 5))
    network, args = perturbed(network, 0).eval(), known(size)
    with torch.no_grad():
        expected, found = network(*args), network.for_inference(torch.float32)(*args)
        silent = network(args[0], args[1], replace(args[2], alpha_bar=torch.tensor(0.5)))
    torch.testing.assert_close(found.weight_logits, expected.weight_logits[:, :2], atol=1e-4, rtol=1e-4)
    assert not torch.equal(silent.weight_logits, expected.weight_logits)


@pytest.mark.parametrize(('make', 'text'), [
    (lambda: SaliencyVotes((), 4, 2), 'windows must be odd and positive'),
    (lambda: SaliencyVotes((1, 4), 4, 2), 'windows must be odd and positive, got'),
    (lambda: LightUNet(**TINY, num_sources=3, weight_votes=(1,)), 'are for 2 sources, got 3'),
    (lambda: LightUNet(**TINY, weight_votes=(1,))(*known((16, 16))[:2], replace(known((16, 16))[2], alpha_bar=None)),
     'needs alpha_bar in its StepCondition')])
def test_mistakes_are_named(make, text):
    with pytest.raises(ValueError, match=text):
        make()
