import pytest
import torch

from drfuse.models.losses.functional import ssim
from drfuse.registry import FUSION_LOSSES


def build(**arguments):
    return FUSION_LOSSES.build(dict(type='MedicalLoss', **arguments))


@pytest.mark.parametrize('num_sources', [2, 3])
def test_paper(make_case, num_sources):
    output, targets = make_case(num_sources)
    terms = build()(output, targets)
    assert list(terms) == ['loss_intensity', 'loss_ssim']
    torch.testing.assert_close(terms['loss_intensity'], 10 * sum((output.fused - x).abs().mean() for x in targets))
    torch.testing.assert_close(terms['loss_ssim'], 100 * sum(1 - ssim(output.fused, x) for x in targets))


def test_official(make_case):
    output, targets = make_case()
    terms = build(preset='official')(output, targets)
    sources = output.sources
    torch.testing.assert_close(terms['loss_intensity'], 10 * sum((output.fused - x).abs().mean() for x in sources))
    torch.testing.assert_close(terms['loss_ssim'], sum(1 - ssim(output.fused, x, 'zero') for x in sources))


@pytest.mark.parametrize('padding', ['valid', 'zero'])
def test_ssim_padding(make_case, padding):
    output, targets = make_case()
    expected = 100 * sum(1 - ssim(output.fused, x, padding) for x in targets)
    torch.testing.assert_close(build(ssim_padding=padding)(output, targets)['loss_ssim'], expected)


@pytest.mark.parametrize(('arguments', 'reaches'), [
    (dict(), False), (dict(preset='official'), True), (dict(preset='official', detach_target=True), False)])
def test_gradient_into_the_target(make_case, arguments, reaches):
    output, targets = make_case()
    sum(build(**arguments)(output, targets).values()).backward()
    assert output.fused.grad.any()
    assert all((x.grad is not None) == reaches for x in output.sources)


def test_settings_are_checked():
    with pytest.raises(ValueError, match='MedicalLoss needs ssim_weight >= 0, got -1'):
        build(ssim_weight=-1)
    with pytest.raises(ValueError, match="target to be one of .*, got 'gt'"):
        build(target='gt')
