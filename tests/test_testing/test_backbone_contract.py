import pytest
import torch
from torch import nn

from drfuse.diffusion.denoiser import DenoiserOutput
from drfuse.models.backbones.base_backbone import BaseDenoiser
from drfuse.testing.backbone_contract import check_backbone


class Convolutions(BaseDenoiser):
    """Two 3 x 3 convolutions: receptive field 5."""

    receptive_field = 5
    uses_condition = True

    def __init__(self, num_sources=2):
        super().__init__(num_sources)
        self.first = nn.Conv2d(num_sources + 1, 8, 3, padding=1)
        self.second = nn.Conv2d(8, 2 * num_sources + 1, 3, padding=1)

    def forward_features(self, x, t, cond):
        maps = self.second(torch.tanh(self.first(x)))
        eps, logits = maps.split((self.num_sources + 1, self.num_sources), 1)
        return DenoiserOutput(eps, logits + cond.pinv + cond.residual * cond.sigma)


class TooNarrow(Convolutions):
    receptive_field = 3


class WidenedByTheCondition(Convolutions):
    def forward_features(self, x, t, cond):
        out = super().forward_features(x, t, cond)
        return out._replace(eps=out.eps + cond.pinv.mean((1, 2, 3), keepdim=True))


class NotAField(Convolutions):
    receptive_field = 0


class WrongLogits(Convolutions):
    def forward_features(self, x, t, cond):
        out = super().forward_features(x, t, cond)
        return out._replace(weight_logits=out.weight_logits[:, :1])


class Unused(Convolutions):
    def __init__(self, num_sources=2):
        super().__init__(num_sources)
        self.spare = nn.Parameter(torch.ones(1))


class BatchDependent(Convolutions):
    receptive_field = None

    def forward_features(self, x, t, cond):
        return super().forward_features(x - x.mean(0, keepdim=True), t, cond)


class InPlace(Convolutions):
    def forward_features(self, x, t, cond):
        return super().forward_features(x.mul_(0.5) if not x.requires_grad else x, t, cond)


class Infinite(Convolutions):
    def forward_features(self, x, t, cond):
        out = super().forward_features(x, t, cond)
        return out._replace(eps=out.eps / 0)


class PlainTuple(Convolutions):
    def forward(self, x, t, cond=None):
        return tuple(super().forward(x, t, cond))


class Strided(Convolutions):
    """Looks at a whole 4 x 4 cell: how far depends on the phase, up to 3 pixels beyond the convolutions."""

    size_divisibility = 4
    receptive_field = 11

    def forward_features(self, x, t, cond):
        coarse = nn.functional.interpolate(nn.functional.avg_pool2d(x, 4), scale_factor=4)
        return super().forward_features(coarse, t, cond)


class StridedTooNarrow(Strided):
    receptive_field = 9


@pytest.mark.parametrize('num_sources', [2, 3])
def test_a_good_backbone_passes_and_is_left_as_it_was(num_sources):
    backbone = Convolutions(num_sources)
    before = {k: v.clone() for k, v in backbone.state_dict().items()}
    check_backbone(backbone)
    assert all(torch.equal(v, before[k]) for k, v in backbone.state_dict().items())
    assert all(p.grad is None for p in backbone.parameters())


@pytest.mark.parametrize(('backbone', 'message'), [
    (TooNarrow, r'receptive_field is 3, .* 2 pixels away, required <= 1'),
    (WidenedByTheCondition, 'receptive_field is 5'),
    (NotAField, 'receptive_field is 0, required None or an integer >= 1'),
    (WrongLogits, r'weight_logits has shape \(2, 1, 24, 24\)'),
    (Unused, 'gradient does not reach 1 of 5 parameters: spare'),
    (BatchDependent, 'eps of a batch differs by'),
    (InPlace, 'forward changes its input'),
    (Infinite, 'eps is not finite'),
    (PlainTuple, 'output is tuple, required DenoiserOutput'),
    (StridedTooNarrow, 'receptive_field is 9, .* required <= 4'),
])
def test_each_breach_is_named(backbone, message):
    with pytest.raises(AssertionError, match=message) as error:
        check_backbone(backbone())
    assert str(error.value).startswith(backbone.__name__)


def test_receptive_field_of_strided_networks():
    check_backbone(Strided())
