import pytest
import torch
from skimage.restoration import denoise_tv_chambolle

from drfuse.baselines import TVADMM, Bicubic
from drfuse.baselines.restorer import effective_variance, gradient
from drfuse.baselines.total_variation import shrink

BLUR, NOISE = dict(type='GaussianBlur', sigma=1.2, kernel_size=9), dict(type='GaussianNoise', sigma=0.04)
POOL = dict(type='AveragePool', factor=2)


def test_denoising_agrees_with_chambolle(observe):
    observation = observe(NOISE)
    image = TVADMM(40.0, iterations=150)(observation)[0, 0]
    weight = 40 * float(effective_variance(observation)[0])
    other = denoise_tv_chambolle(observation.y[0, 0].double().numpy(), weight=weight, eps=1e-9, max_num_iter=3000)
    torch.testing.assert_close(image, torch.from_numpy(other).float(), rtol=0, atol=2e-3)


def objective(x, observation, weight):
    fit = (observation.A.forward(x) - observation.y).square().sum((1, 2, 3)) / 2
    return fit + weight * effective_variance(observation).flatten() * gradient(x).norm(dim=1).sum((1, 2))


def test_composite_is_a_minimum(composite):
    x = TVADMM(20.0, iterations=80)(composite)
    best = objective(x, composite, 20.0)
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    for other in (x + 3e-3 * noise, x * 0.99, Bicubic()(composite)):
        assert (objective(other, composite, 20.0) > best).all()


@pytest.mark.parametrize('stages', [[BLUR], [NOISE], [BLUR, NOISE], [BLUR, NOISE, POOL],
                                    [dict(type='RandomMask', keep=0.7)]])
def test_beats_doing_nothing(observe, error, stages):
    observation = observe(*stages)
    assert error(TVADMM(30.0)(observation)) < 0.8 * error(Bicubic()(observation))


def test_shrink_shortens_vectors():
    field = torch.tensor([[3.0, 4.0], [0.03, 0.04]]).T.reshape(1, 2, 1, 2)
    torch.testing.assert_close(shrink(field, 1.0), torch.tensor([[2.4, 3.2], [0, 0]]).T.reshape(1, 2, 1, 2))


def test_arguments_are_checked():
    with pytest.raises(ValueError, match='TVADMM weight must be > 0, got 0'):
        TVADMM(0)
