import pytest
import torch

from drfuse.estimation import estimate_noise_sigma, measure_noise
from drfuse.estimation.noise import luma_gain
from drfuse.utils.seed import keyed_generator

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


def uniform(level, sigma, channels=1, store=torch.round, size=128):
    """Return noise in 8-bit levels on a uniform level, stored with 8 bits: (channels, size, size) in [0, 1]."""
    generator = keyed_generator('uniform', level, sigma, channels)
    values = level + sigma * torch.randn(channels, size, size, generator=generator)
    return store(values.clamp(0, 255)) / 255


@pytest.mark.parametrize('channels', [1, 3])
@pytest.mark.parametrize('store', [torch.round, torch.floor])
@pytest.mark.parametrize('sigma', [3, 8, 14, 25])
@pytest.mark.parametrize('level', [0, 2, 5, 10, 20, 40])
def test_noise_is_found_on_dark_frames(level, sigma, store, channels):
    found = measure_noise(uniform(level, sigma, channels, store))
    assert found.sigma == pytest.approx(sigma * LEVEL, rel=0.1)


@pytest.mark.parametrize('sigma', [8, 25])
def test_noise_is_found_on_frames_that_are_nearly_white(sigma):
    found = measure_noise(1 - uniform(3, sigma))
    assert found.sigma == pytest.approx(sigma * LEVEL, rel=0.1)


@pytest.mark.parametrize('sigma', [5, 14])
def test_noise_is_found_where_channels_are_clipped_unlike(sigma):
    image = torch.cat([uniform(level, sigma) for level in (0, 6, 25)])
    assert measure_noise(image).sigma == pytest.approx(sigma * LEVEL, rel=0.1)


def test_noise_common_to_all_channels_counts_for_the_luminance_on_dark_frames():
    grey = uniform(5, 14)
    assert estimate_noise_sigma(grey.expand(3, -1, -1)) * luma_gain(3) == pytest.approx(14 * LEVEL, rel=0.1)


def test_a_part_that_was_set_to_black_does_not_hide_the_noise_of_a_dark_frame():
    image = uniform(5, 14)
    image[:, :, :48] = 0
    assert estimate_noise_sigma(image) == pytest.approx(14 * LEVEL, rel=0.1)


def test_a_dark_photograph(camera, degrade):
    for sigma in (3, 8, 25):
        assert estimate_noise_sigma(degrade(0.1 * camera, noise(sigma))) == pytest.approx(sigma * LEVEL, rel=0.1)


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
