import numpy as np
import pytest
import torch
from scipy import ndimage

from drfuse.models.losses.functional import elementwise_max, gaussian_window, pixel_l1, sobel_gradient, ssim, ssim_map
from drfuse.utils.seed import keyed_generator

SCIPY_MODES = {'replicate': 'nearest', 'reflect': 'mirror', 'zero': 'constant'}


def image(*key, shape=(2, 1, 19, 23)):
    return torch.rand(shape, generator=keyed_generator('image', *key), dtype=torch.float64)


def test_pixel_l1_by_hand():
    assert pixel_l1(torch.tensor([0.0, 1.0, 2.0]), torch.tensor([1.0, 1.0, -3.0])).item() == 2.0


def test_elementwise_max_of_three():
    stack = torch.stack([image(i) for i in range(3)])
    assert torch.equal(elementwise_max(list(stack)), stack.amax(0))


@pytest.mark.parametrize('padding', sorted(SCIPY_MODES))
def test_sobel_against_scipy(padding):
    x = image('sobel', shape=(2, 3, 9, 11))
    expected = np.zeros(x.shape)
    for index in np.ndindex(2, 3):
        expected[index] = sum(np.abs(ndimage.sobel(x[index].numpy(), axis, mode=SCIPY_MODES[padding]))
                              for axis in (0, 1))
    torch.testing.assert_close(sobel_gradient(x, padding=padding), torch.from_numpy(expected))


def test_sobel_norm_makes_a_slope_per_pixel():
    ramp = torch.arange(8.0).expand(1, 1, 6, 8)
    interior = sobel_gradient(ramp)[..., 1:-1]
    assert torch.equal(interior, torch.full_like(interior, 8.0))
    assert torch.equal(sobel_gradient(ramp, norm=8.0)[..., 1:-1], torch.ones_like(interior))


def test_padding_name_is_checked():
    with pytest.raises(ValueError, match="got 'valid'"):
        sobel_gradient(image(), padding='valid')
    with pytest.raises(ValueError, match="got 'circular'"):
        ssim(image(0), image(1), padding='circular')


def test_gaussian_window_is_the_one_of_scipy():
    impulse = np.zeros(11)
    impulse[5] = 1
    expected = ndimage.gaussian_filter1d(impulse, 1.5, radius=5)
    np.testing.assert_allclose(gaussian_window(11, 1.5, image()).numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize('padding', ['valid', *sorted(SCIPY_MODES)])
def test_ssim_against_scipy_filters(padding):
    x, y = image(0), (image(0) + 0.3 * image(1)) / 1.3

    def mean(v):
        mode = SCIPY_MODES.get(padding, 'nearest')
        return ndimage.gaussian_filter(v, 1.5, radius=5, axes=(2, 3), mode=mode)

    a, b = x.numpy(), y.numpy()
    var_a, var_b = mean(a * a) - mean(a) ** 2, mean(b * b) - mean(b) ** 2
    cov = mean(a * b) - mean(a) * mean(b)
    c1, c2 = 1e-4, 9e-4
    expected = ((2 * mean(a) * mean(b) + c1) * (2 * cov + c2)
                / ((mean(a) ** 2 + mean(b) ** 2 + c1) * (var_a + var_b + c2)))
    if padding == 'valid':
        expected = expected[..., 5:-5, 5:-5]
    torch.testing.assert_close(ssim_map(x, y, padding), torch.from_numpy(expected), rtol=1e-9, atol=1e-9)


def test_ssim_against_scikit_image():
    metrics = pytest.importorskip('skimage.metrics')
    x, y = image(0, shape=(1, 1, 32, 40)), (image(0, shape=(1, 1, 32, 40)) + 0.2) / 1.2
    # gaussian_weights, sigma 1.5 and use_sample_covariance=False are the settings of Wang et al.; the mean is
    # taken over the valid region
    expected = metrics.structural_similarity(x[0, 0].numpy(), y[0, 0].numpy(), data_range=1.0, gaussian_weights=True,
                                             sigma=1.5, use_sample_covariance=False)
    assert ssim(x, y, padding='valid').item() == pytest.approx(expected, abs=1e-12)


def test_ssim_of_equal_images_is_one_and_of_inverse_ones_is_low():
    x = image(2)
    assert ssim(x, x).item() == pytest.approx(1, abs=1e-12)
    assert ssim(x, 1 - x).item() < 0


def test_ssim_gradient():
    x = image(3, shape=(1, 1, 6, 6)).requires_grad_()
    assert torch.autograd.gradcheck(lambda v: ssim(v, image(4, shape=(1, 1, 6, 6))), x)


def test_ssim_refuses_small_images_and_even_windows():
    small = image(shape=(1, 1, 8, 5))
    with pytest.raises(ValueError, match=r"padding 'valid' needs at least 11 x 11 pixels, got \(8, 5\)"):
        ssim(small, small, padding='valid')
    with pytest.raises(ValueError, match="padding 'reflect' needs at least 6 x 6 pixels"):
        ssim(small, small)
    with pytest.raises(ValueError, match='odd window_size, got 10'):
        ssim_map(image(), image(), window_size=10)
