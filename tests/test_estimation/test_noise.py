import pytest
import torch

from drfuse.estimation import estimate_noise_sigma, measure_noise
from drfuse.estimation.noise import luma_gain

LEVEL = 1 / 255


def noise(sigma):
    return dict(type='GaussianNoise', sigma=sigma * LEVEL)


@pytest.mark.parametrize('name', ['camera', 'astronaut'])
@pytest.mark.parametrize('sigma', [5, 14, 25])
def test_noise_is_found_on_sharp_and_blurred_photographs(name, sigma, degrade, request):
    image = request.getfixturevalue(name)
    for stages in ([noise(sigma)], [dict(type='GaussianBlur', sigma=2.0), noise(sigma)]):
        found = estimate_noise_sigma(degrade(image, *stages))
        assert found == pytest.approx(sigma * LEVEL, rel=0.1)


@pytest.mark.parametrize('name', ['camera', 'astronaut'])
@pytest.mark.parametrize('sigma', [0, 1, 3])
def test_weak_noise(name, sigma, degrade, request):
    found = estimate_noise_sigma(degrade(request.getfixturevalue(name), noise(sigma)))
    assert found == pytest.approx(sigma * LEVEL, abs=1.5 * LEVEL)


@pytest.mark.parametrize('sigma', [5, 10, 20, 40])
def test_half_of_the_noise_is_clipped_on_black(sigma, degrade, slice_on_black):
    found = measure_noise(degrade(slice_on_black, noise(sigma)))
    assert found.sigma == pytest.approx(sigma * LEVEL, rel=0.12)


def test_a_flat_black_background_means_no_noise(slice_on_black, degrade):
    found = measure_noise(degrade(slice_on_black))
    assert (found.source, found.sigma) == ('dark', 0)


def test_averaging_divides_the_noise(camera, degrade):
    pooled = degrade(camera, dict(type='GaussianBlur', sigma=2.0), noise(14), dict(type='AveragePool', factor=2))
    assert estimate_noise_sigma(pooled) == pytest.approx(7 * LEVEL, rel=0.1)


def test_noise_common_to_all_channels_counts_for_the_luminance(camera, degrade):
    grey = degrade(camera, noise(10))
    assert estimate_noise_sigma(grey.expand(3, -1, -1)) * luma_gain(3) == pytest.approx(10 * LEVEL, rel=0.1)


def test_an_image_without_usable_blocks_says_so():
    for image in (torch.zeros(1, 4, 9), torch.ones(3, 32, 32)):
        found = measure_noise(image)
        assert (found.sigma, found.source) == (0, 'none')


@pytest.mark.parametrize(('image', 'message'), [
    (torch.zeros(2, 9, 9), r'shape \(1, H, W\) or \(3, H, W\), got \(2, 9, 9\)'),
    (torch.zeros(9, 9), r'got \(9, 9\)'),
    (torch.full((1, 9, 9), float('nan')), 'not finite')])
def test_bad_images(image, message):
    with pytest.raises(ValueError, match=message):
        measure_noise(image)
