import pytest
import torch

from drfuse.baselines.restorer import (
    LEVEL,
    Restorer,
    effective_variance,
    gradient,
    gradient_adjoint,
    rms_sigma,
    unclip,
)


class Same(Restorer):
    """Returns y."""

    def restore(self, observation):
        return observation.y


def test_result_is_clamped_and_y_is_left_alone(observe):
    observation = observe(dict(type='GaussianNoise', sigma=0.6))
    before = observation.y.clone()
    image = Same(offset=2.0)(observation)
    assert (image.min(), image.max()) == (0, 1) and image.dtype == torch.float32
    assert torch.equal(observation.y, before)


def test_offset_counts_levels_and_spares_black(observe):
    observation = observe()
    observation.y[0, 0, 0, 0] = 0
    image = Same(offset=0.5)(observation)
    assert image[0, 0, 0, 0] == 0
    assert float(image[0, 0, 1, 1] - observation.y[0, 0, 1, 1]) == pytest.approx(LEVEL / 2, abs=1e-6)


def test_unclip_inverts_the_mean_of_clipped_noise():
    truth = torch.tensor([0.0, 0.02, 0.05, 0.5]).view(1, 1, 1, 4)
    noise = 0.05 * torch.randn(400_000, 1, 1, 1, generator=torch.Generator().manual_seed(0))
    mean = (truth + noise).clamp(min=0).mean(0, keepdim=True)
    torch.testing.assert_close(unclip(mean, torch.full((1, 1, 1, 1), 0.05)), truth, rtol=0, atol=5e-4)
    assert float(mean[..., 0]) > 0.019  # what a black background becomes without it


def test_clip_scale_lowers_dark_values(observe):
    observation = observe(dict(type='GaussianNoise', sigma=0.05))
    observation.y[:] = 0.4 * 0.05
    assert float(Same(clip_scale=1.0)(observation).max()) < 2e-3


def test_noise_levels(observe):
    clean, noisy = observe(), observe(dict(type='GaussianNoise', sigma=0.05))
    assert float(rms_sigma(clean).max()) == 0 and float(rms_sigma(noisy)[0]) == pytest.approx(0.05)
    assert float(effective_variance(clean)[0]) == pytest.approx(LEVEL**2 / 12)


def test_gradient_adjoint_is_the_transpose():
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(2, 1, 5, 7, generator=generator, dtype=torch.float64)
    p = torch.rand(2, 2, 5, 7, generator=generator, dtype=torch.float64)
    torch.testing.assert_close((gradient(x) * p).sum(), (x * gradient_adjoint(p)).sum())


def test_negative_clip_scale_is_refused():
    with pytest.raises(ValueError, match='Same clip_scale must be >= 0, got -1'):
        Same(clip_scale=-1)
