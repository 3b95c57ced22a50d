"""Noise models: variance as declared, independent channels, bad arguments."""

import pytest
import torch

from drfuse.degradations import GaussianNoise, PoissonGaussianNoise, SpeckleNoise, StripeNoise
from drfuse.utils.seed import keyed_generator

MODELS = [
    GaussianNoise(0.05),
    PoissonGaussianNoise(0.01, 0.02),
    PoissonGaussianNoise(0.004),
    SpeckleNoise(0.2),
    StripeNoise(0.05),
    StripeNoise(0.05, axis='row'),
    GaussianNoise((0.02, 0.08)),
]


@pytest.mark.parametrize('model', MODELS, ids=repr)
@pytest.mark.parametrize('level', [0.1, 0.7])
def test_noise_has_zero_mean_and_the_declared_variance(model, level):
    image = torch.full((40, 3, 48, 48), level, dtype=torch.float64)
    params = model.sample_params(keyed_generator(1))
    noise = model.degrade(image, params, keyed_generator(2)) - image
    variance = model.variance(image[:1], params)
    assert noise.var().item() == pytest.approx(variance.expand(1, 3, 48, 48).mean().item(), rel=0.08)
    assert abs(noise.mean()) < 4 * (variance.mean() / 5000).sqrt()
    channels = torch.corrcoef(noise.transpose(0, 1).flatten(1))
    assert (channels - torch.eye(3)).abs().max() < 0.06


def test_stripes_are_constant_along_their_axis():
    noise = StripeNoise(0.1).degrade(torch.zeros(1, 1, 8, 9), StripeNoise(0.1).sample_params(None), keyed_generator(0))
    assert torch.equal(noise, noise[..., :1, :].expand_as(noise))
    assert noise.std() > 0


def test_noise_without_a_generator_is_refused():
    with pytest.raises(ValueError, match=r'needs a torch\.Generator'):
        GaussianNoise(0.1).degrade(torch.zeros(1, 1, 4, 4), GaussianNoise(0.1).sample_params(None), None)


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: GaussianNoise(-0.1), 'GaussianNoise sigma must be >= 0, got -0.1'),
        (lambda: GaussianNoise((-0.1, 0.1)), 'GaussianNoise sigma must be >= 0'),
        (lambda: SpeckleNoise(-1), 'SpeckleNoise sigma must be >= 0, got -1'),
        (lambda: StripeNoise(-1), 'StripeNoise sigma must be >= 0, got -1'),
        (lambda: StripeNoise(0.1, axis='diagonal'), "StripeNoise axis must be 'column' or 'row', got 'diagonal'"),
        (lambda: PoissonGaussianNoise(0.0), 'PoissonGaussianNoise gain must be > 0, got 0.0'),
        (lambda: PoissonGaussianNoise(0.1, -1), 'PoissonGaussianNoise sigma must be >= 0, got -1'),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
