import pytest
import torch

from drfuse.registry import FUSION_LOSSES


@pytest.mark.parametrize('num_sources', [2, 3])
@pytest.mark.parametrize(('arguments', 'weight'), [({}, 1), (dict(preset='official_ivf'), 5),
                                                   (dict(preset='official_medical'), 10), (dict(weight=0.5), 0.5)])
def test_sum_of_mean_errors(make_case, num_sources, arguments, weight):
    output, targets = make_case(num_sources)
    terms = FUSION_LOSSES.build(dict(type='SourceReconLoss', **arguments))(output, targets)
    expected = sum((x - y).abs().mean() for x, y in zip(output.sources, targets, strict=True))
    assert list(terms) == ['loss_rec']
    torch.testing.assert_close(terms['loss_rec'], weight * expected)


def test_gradient_reaches_the_sources_only(make_case):
    output, targets = make_case()
    FUSION_LOSSES.build(dict(type='SourceReconLoss'))(output, targets)['loss_rec'].backward()
    assert all(x.grad.any() for x in output.sources)
    assert output.fused.grad is None


def test_psnr_norm_is_a_mean_over_samples_in_decibels(make_case):
    output, targets = make_case()
    found = FUSION_LOSSES.build(dict(type='SourceReconLoss', norm='psnr', weight=0.5))(output, targets)['loss_rec']
    expected = 0
    for x, y in zip(output.sources, targets, strict=True):
        mse = (x - y).square().mean((1, 2, 3))
        expected = expected + (10 * torch.log10((mse + 1e-5) / 1e-5)).mean()
    torch.testing.assert_close(found, 0.5 * expected)
    output.sources = tuple(targets)
    assert FUSION_LOSSES.build(dict(type='SourceReconLoss', norm='psnr'))(output, targets)['loss_rec'] == 0


def test_unknown_norm_is_named():
    with pytest.raises(ValueError, match=r"norm to be one of \('l1', 'psnr'\), got 'l7'"):
        FUSION_LOSSES.build(dict(type='SourceReconLoss', norm='l7'))


def test_shares_weigh_the_sources(make_case):
    output, targets = make_case()
    first, second = (FUSION_LOSSES.build(dict(type='SourceReconLoss', shares=shares))(output, targets)['loss_rec']
                     for shares in ((1.0, 0.0), (0.0, 1.0)))
    torch.testing.assert_close(first, (output.sources[0] - targets[0]).abs().mean())
    mixed = FUSION_LOSSES.build(dict(type='SourceReconLoss', shares=(0.25, 1.0)))(output, targets)['loss_rec']
    torch.testing.assert_close(mixed, 0.25 * first + second)


def test_shares_that_do_not_fit_are_named(make_case):
    with pytest.raises(ValueError, match=r'shares >= 0, and one above 0, got \(0, 0\)'):
        FUSION_LOSSES.build(dict(type='SourceReconLoss', shares=(0, 0)))
    with pytest.raises(ValueError, match='3 shares for 2 sources'):
        FUSION_LOSSES.build(dict(type='SourceReconLoss', shares=(1, 1, 1)))(*make_case())


def test_sources_that_are_altogether_wrong_have_a_term_of_their_own(make_case):
    output, targets = make_case()
    settings = dict(type='SourceReconLoss', weight=0.05, norm='psnr', shares=(1.0, 0.5))
    terms = FUSION_LOSSES.build(dict(settings, gross=4.0))(output, targets)
    first, second = ((x - y).abs().mean() for x, y in zip(output.sources, targets, strict=True))
    torch.testing.assert_close(terms['loss_gross'], 4 * (first + 0.5 * second))
    plain = FUSION_LOSSES.build(settings)(output, targets)
    assert list(plain) == ['loss_rec'] and plain['loss_rec'] == terms['loss_rec']
    with pytest.raises(ValueError, match='gross >= 0, got -1'):
        FUSION_LOSSES.build(dict(settings, gross=-1))
