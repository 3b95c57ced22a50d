import json

import numpy as np
import pytest
import torch

from drfuse.estimation import estimate_blur_sigma, measure_blur
from drfuse.estimation.blur import WEIGHTS, class_probabilities, from_probabilities

LEVEL = 1 / 255


@pytest.mark.parametrize('name', ['camera', 'astronaut'])
@pytest.mark.parametrize('noise', [0, 8])
@pytest.mark.parametrize('width', [0.0, 1.5, 2.0, 3.0])
def test_width_on_photographs_of_a_camera_never_trained_on(name, noise, width, degrade, request):
    stages = [dict(type='GaussianBlur', sigma=width)] if width else []
    stages += [dict(type='GaussianNoise', sigma=noise * LEVEL)] if noise else []
    found = estimate_blur_sigma(degrade(request.getfixturevalue(name), *stages))
    assert found == pytest.approx(width, abs=0.6 if width else 0)


def test_a_given_noise_level_is_used(camera, degrade):
    noisy = degrade(camera, dict(type='GaussianBlur', sigma=2.0), dict(type='GaussianNoise', sigma=10 * LEVEL))
    assert measure_blur(noisy, 10 * LEVEL).sigma == pytest.approx(2.0, abs=0.6)
    assert measure_blur(noisy, 0.0).sigma < measure_blur(noisy, 10 * LEVEL).sigma


def test_too_small_an_image_says_nothing():
    found = measure_blur(torch.rand(1, 31, 99, generator=torch.Generator().manual_seed(0)))
    assert (found.sigma, found.doubt) == (0, float('inf'))


def test_mean_width_given_a_blur():
    found = from_probabilities(np.float32([0.2, 0.4, 0.4]), np.float32([1, 2]), 0.6)
    assert (found.sigma, found.probability, found.doubt) == pytest.approx((1.5, 0.8, 0.5))
    assert from_probabilities(np.float32([0.5, 0.25, 0.25]), np.float32([1, 2]), 0.6).sigma == 0


def test_network_is_the_one_of_torch():
    generator = torch.Generator().manual_seed(0)
    layers = [torch.nn.Linear(4, 6), torch.nn.Linear(6, 3)]
    for layer in layers:
        torch.nn.init.normal_(layer.weight, generator=generator)
    x = torch.randn(5, 4, generator=generator).clamp(-3, 3)
    network = dict(weights=[layer.weight.detach().numpy() for layer in layers],
                   biases=[layer.bias.detach().numpy() for layer in layers], mean=np.float32(1), scale=np.float32(2))
    expected = layers[1](layers[0]((x - 1) / 2).relu()).softmax(1)
    np.testing.assert_allclose(class_probabilities(x.numpy(), network), expected.detach().numpy(), rtol=1e-4)


def test_weights_are_small_numbers():
    assert WEIGHTS.stat().st_size < 200_000
    stored = json.loads(WEIGHTS.read_text())
    assert len(stored['weights'][-1]) == 1 + len(stored['widths'])


@pytest.mark.parametrize(('split', 'share'), [('ir', 0.8), ('vi', 0.8)])
def test_roadscene_photographs_are_called_sharp(split, share, shared_dir):
    from drfuse.datasets.image_io import read_image, to_tensor
    files = sorted((shared_dir / 'data/roadscene/test' / split).glob('*'))[::2]
    sharp = [estimate_blur_sigma(to_tensor(read_image(path))) == 0 for path in files]
    assert len(sharp) == 10
    assert np.mean(sharp) >= share


@pytest.mark.parametrize('noise', [0, 6])
def test_nothing_but_noise_is_not_called_blurred(noise, degrade):
    flat = torch.full((1, 128, 128), 0.5)
    found = measure_blur(degrade(flat, dict(type='GaussianNoise', sigma=noise * LEVEL)) if noise else flat)
    assert (found.sigma, found.doubt) == (0, float('inf'))
