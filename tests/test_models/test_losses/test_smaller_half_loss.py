import pytest
import torch

from drfuse.baselines.fusers import build_fuser
from drfuse.models.losses.quality_terms import edge_quality, edge_quality_halves
from drfuse.models.losses.smaller_half_loss import HALVES
from drfuse.registry import FUSION_LOSSES


def build(**options):
    return FUSION_LOSSES.build(dict(type='SmallerHalfLoss', **options))


def test_halves_of_edges_add_up(make_case):
    output, targets = make_case()
    torch.testing.assert_close(edge_quality_halves(output.fused, targets).sum(0), edge_quality(output.fused, targets))
    for half in HALVES.values():
        assert half(output.fused, targets).shape == (2, 2)


def test_the_rule_itself_costs_nothing_and_a_copy_does(make_case):
    output, targets = make_case()
    output.sources = tuple(targets)
    output.fused = build_fuser('laplacian_pyramid')(*targets)
    assert all(value == 0 for value in build()(output, targets).values())
    output.fused = targets[0]
    terms = build()(output, targets)
    assert list(terms) == [f'loss_lost_{name}' for name in HALVES] and all(value > 0 for value in terms.values())
    doubled = build(weight=2.0)(output, targets)
    for name, value in terms.items():
        torch.testing.assert_close(doubled[name], 2 * value)


def test_a_margin_asks_for_more_than_the_rule(make_case):
    output, targets = make_case()
    output.sources = tuple(targets)
    output.fused = build_fuser('average')(*targets)
    terms = build(rule='average', margin=0.1)(output, targets)
    torch.testing.assert_close(torch.stack(list(terms.values())), torch.full((3,), 0.1))


def test_gradient_reaches_the_fused_image_only(make_case):
    output, targets = make_case()
    sum(build(margin=1.0)(output, targets).values()).backward()
    assert output.fused.grad.isfinite().all() and output.fused.grad.any()
    assert all(x.grad is None for x in output.sources)


def test_mistakes_are_named(make_case):
    with pytest.raises(ValueError, match='needs weight > 0, got 0'):
        build(weight=0)
    with pytest.raises(ValueError, match="fuser 'sum' is unknown"):
        build(rule='sum')
    with pytest.raises(ValueError, match='a rule for 2 sources, got 3'):
        build()(*make_case(3))
