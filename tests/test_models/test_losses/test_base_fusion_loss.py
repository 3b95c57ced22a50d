from dataclasses import dataclass

import pytest
import torch

from drfuse.models.losses.base_fusion_loss import FusionLoss, TargetSettings, fusion_targets, resolve_preset


@dataclass(frozen=True)
class Settings(TargetSettings):
    weight: float = 2.0


PRESETS = {'paper': Settings(), 'other': Settings(weight=3.0, target='reconstruction')}


class Constant(FusionLoss):
    def terms(self, output, targets):
        return dict(one=output.fused.mean())


def test_names_start_with_loss(make_case):
    assert list(Constant()(*make_case())) == ['loss_one']


def test_number_of_targets_is_checked(make_case):
    output, targets = make_case()
    with pytest.raises(ValueError, match='Constant got 1 targets for 2 restored sources'):
        Constant()(output, targets[:1])


def test_shapes_are_checked(make_case):
    output, targets = make_case()
    with pytest.raises(ValueError, match=r'target 1 has shape \(2, 1, 13, 16\), the restored source \(2, 1, 13, 17\)'):
        Constant()(output, [targets[0], targets[1][..., :-1]])


def test_preset_and_overrides():
    assert resolve_preset('L', PRESETS, 'paper', dict(weight=None)) == PRESETS['paper']
    assert resolve_preset('L', PRESETS, 'other', dict(weight=0)) == Settings(weight=0, target='reconstruction')


@pytest.mark.parametrize(('preset', 'overrides', 'message'), [
    ('mine', {}, r"L has presets \['other', 'paper'\], got 'mine'"),
    ('paper', dict(weight=-1), 'L needs weight >= 0, got -1'),
    ('paper', dict(target='gt'), "target to be one of .*, got 'gt'"),
])
def test_wrong_settings(preset, overrides, message):
    with pytest.raises(ValueError, match=message):
        resolve_preset('L', PRESETS, preset, overrides)


def test_fusion_targets(make_case):
    output, targets = make_case(3)
    assert all(a is b for a, b in zip(fusion_targets(TargetSettings(), output, targets), targets, strict=True))
    live = fusion_targets(TargetSettings('reconstruction'), output, targets)
    assert all(a is b for a, b in zip(live, output.sources, strict=True))
    cut = fusion_targets(TargetSettings('reconstruction', detach_target=True), output, targets)
    for a, b in zip(cut, output.sources, strict=True):
        assert torch.equal(a, b)
        assert not a.requires_grad
