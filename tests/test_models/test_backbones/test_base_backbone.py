import pytest
import torch

from drfuse.diffusion.denoiser import DenoiserOutput, StepCondition
from drfuse.models.backbones.base_backbone import BaseDenoiser
from drfuse.utils.seed import keyed_generator


class Recorder(BaseDenoiser):
    """Returns its input and remembers what it got."""

    size_divisibility = 4

    def forward_features(self, x, t, cond):
        self.got = x, cond
        return DenoiserOutput(x.half(), x[:, :self.num_sources].half())


def image(*shape):
    return torch.rand(shape, generator=keyed_generator('image', *shape))


def test_pads_to_the_divisor_and_crops_back():
    x = image(1, 3, 6, 9)
    backbone = Recorder()
    output = backbone(x, torch.tensor([1]))
    padded, _ = backbone.got
    assert padded.shape == (1, 3, 8, 12)
    torch.testing.assert_close(padded[..., 6:, :9], x[..., [4, 3], :])
    torch.testing.assert_close(padded[..., :6, 9:], x[..., [7, 6, 5]])
    torch.testing.assert_close(output.eps, x, rtol=0, atol=1e-3)


def test_output_has_the_dtype_of_the_state():
    assert Recorder()(image(1, 3, 8, 8), torch.tensor([1])).eps.dtype == torch.float32


def test_condition_is_padded_alike_and_descriptions_are_kept():
    maps = image(1, 2, 6, 9)
    cond = StepCondition(maps, maps + 1, maps + 2, degradation=image(1, 2, 5))
    backbone = Recorder()
    backbone(image(1, 3, 6, 9), torch.tensor([1]), cond)
    _, got = backbone.got
    assert got.pinv.shape == got.residual.shape == got.sigma.shape == (1, 2, 8, 12)
    torch.testing.assert_close(got.residual, got.pinv + 1)
    assert torch.equal(got.degradation, cond.degradation)


def test_number_of_channels_is_checked():
    with pytest.raises(ValueError, match='num_sources=2 needs 3 channels, got 4'):
        Recorder()(image(1, 4, 8, 8), torch.tensor([1]))


def test_number_of_sources_is_checked():
    with pytest.raises(ValueError, match='num_sources >= 2, got 1'):
        Recorder(num_sources=1)
