import pytest
import torch

from drfuse.models.losses.functional import sobel_gradient
from drfuse.registry import FUSION_LOSSES


def build(**arguments):
    return FUSION_LOSSES.build(dict(type='IVFLoss', **arguments))


@pytest.mark.parametrize('num_sources', [2, 3])
def test_paper(make_case, num_sources):
    output, targets = make_case(num_sources)
    terms = build()(output, targets)
    stack = torch.stack(targets)
    gradients = torch.stack([sobel_gradient(x) for x in targets])
    assert list(terms) == ['loss_intensity', 'loss_gradient']
    torch.testing.assert_close(terms['loss_intensity'], 10 * (output.fused - stack.amax(0)).abs().mean())
    torch.testing.assert_close(terms['loss_gradient'],
                               200 * (sobel_gradient(output.fused) - gradients.amax(0)).abs().mean())


def test_official(make_case):
    output, targets = make_case()
    terms = build(preset='official')(output, targets)
    stack = torch.stack(output.sources)
    gradients = torch.stack([sobel_gradient(x, padding='zero') for x in output.sources])
    torch.testing.assert_close(terms['loss_intensity'], 5 * (output.fused - stack.amax(0)).abs().mean())
    torch.testing.assert_close(
        terms['loss_gradient'], 1 * (sobel_gradient(output.fused, padding='zero') - gradients.amax(0)).abs().mean())


def test_sobel_norm_divides_the_gradient_term(make_case):
    plain, normed = (build(sobel_norm=norm)(*make_case()) for norm in (1, 8))
    torch.testing.assert_close(normed['loss_gradient'] * 8, plain['loss_gradient'])
    assert torch.equal(normed['loss_intensity'], plain['loss_intensity'])


def test_perfect_fusion_of_equal_sources_costs_nothing(make_case):
    output, targets = make_case()
    output.fused = targets[0]
    terms = build()(output, [targets[0], targets[0]])
    assert all(v.item() == 0 for v in terms.values())


@pytest.mark.parametrize(('arguments', 'reaches'), [
    (dict(), False), (dict(preset='official'), True), (dict(preset='official', detach_target=True), False)])
def test_gradient_into_the_target(make_case, arguments, reaches):
    output, targets = make_case()
    sum(build(**arguments)(output, targets).values()).backward()
    assert output.fused.grad.any()
    assert all((x.grad is not None) == reaches for x in output.sources)


def test_settings_are_checked():
    with pytest.raises(ValueError, match='IVFLoss needs sobel_norm > 0, got 0'):
        build(sobel_norm=0)
    with pytest.raises(ValueError, match='IVFLoss needs gradient_weight >= 0, got -1'):
        build(gradient_weight=-1)
