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
