import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, signal

from drfuse.evaluation.functional import arrays


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize('shape', [(40, 61), (7, 300), (12, 12)])
@pytest.mark.parametrize(('size', 'sigma'), [(7, 1.5), (11, 1.5), (31, 4)])
def test_correlation_with_zeros_outside_is_scipys(shape, size, sigma):
    x, taps = random(*shape), arrays.gaussian_taps(size, sigma)
    expected = signal.correlate2d(x, np.outer(taps, taps), mode='same')
    np.testing.assert_allclose(arrays.correlate_separable(x, taps), expected, atol=1e-14)
    np.testing.assert_allclose(arrays.correlate_separable(torch.from_numpy(x), taps).numpy(), expected, atol=1e-14)


@pytest.mark.parametrize('shape', [(40, 61), (11, 200)])
def test_correlation_of_windows_inside_is_scipys(shape):
    x, taps = random(*shape), np.arange(1., 9.)
    expected = signal.correlate2d(x, np.outer(taps, taps), mode='valid')
    np.testing.assert_allclose(arrays.correlate_separable(x, taps, valid=True), expected, atol=1e-11)
    batch = torch.from_numpy(np.stack([x, 2 * x]))
    np.testing.assert_allclose(arrays.correlate_separable(batch, taps, valid=True)[1], 2 * expected, atol=1e-11)


@given(size=st.integers(1, 17), height=st.integers(17, 40), width=st.integers(17, 40))
def test_box_sums_are_exact(size, height, width):
    x = np.random.default_rng(size).integers(0, 256, (height, width)).astype(float)
    expected = np.lib.stride_tricks.sliding_window_view(x, (size, size)).sum((2, 3))
    np.testing.assert_array_equal(arrays.box_sum(x, size), expected)


def test_sobel_is_scipys():
    x = random(20, 30)
    gx, gy = arrays.sobel(np.pad(x, 1))
    np.testing.assert_allclose(gx, ndimage.sobel(x, 1, mode='constant'), atol=1e-13)
    np.testing.assert_allclose(gy, ndimage.sobel(x, 0, mode='constant'), atol=1e-13)


def test_gaussian_taps_sum_to_one_and_have_their_width():
    taps = arrays.gaussian_taps(101, 6.)
    assert taps.sum() == pytest.approx(1, abs=1e-15)
    assert np.sqrt((taps * (np.arange(101) - 50)**2).sum()) == pytest.approx(6, abs=1e-6)


@pytest.mark.parametrize(('n', 'grid'), [(4, [-1, -.5, 0, .5]), (5, [-.8, -.4, 0, .4, .8])])
def test_frequency_grid(n, grid):
    np.testing.assert_allclose(arrays.frequency_grid(n), grid)


def test_central_difference_is_numpys_gradient():
    x = random(9, 14)
    for axis in (-1, -2):
        np.testing.assert_allclose(arrays.central_difference(x, axis), np.gradient(x, axis=axis), atol=1e-15)
        np.testing.assert_allclose(arrays.central_difference(torch.from_numpy(x), axis).numpy(),
                                   np.gradient(x, axis=axis), atol=1e-15)


@pytest.mark.parametrize('convert', [np.asarray, torch.from_numpy])
def test_statistics_of_images(convert):
    x = convert(random(3, 8, 9))
    for i in range(3):
        assert float(arrays.image_sum(x)[i]) == pytest.approx(float(x[i].sum()))
        assert float(arrays.image_mean(x)[i]) == pytest.approx(float(x[i].mean()))
        assert float(arrays.image_min(x)[i, 0, 0]) == float(x[i].min())
        assert float(arrays.image_max(x)[i, 0, 0]) == float(x[i].max())
    x[1] = 4
    assert [bool(v) for v in arrays.is_constant(x)] == [False, True, False]


def test_helpers_keep_the_array_type():
    tensor, array = torch.zeros(2, dtype=torch.float64), np.zeros(2)
    assert arrays.namespace(tensor) is torch and arrays.namespace(array) is np
    assert arrays.empty((3,), tensor).dtype == torch.float64 and isinstance(arrays.empty((3,), array), np.ndarray)
    assert isinstance(arrays.constant_like(array, tensor), torch.Tensor)
    assert isinstance(arrays.scalar(np.float64(2)), float) and arrays.scalar(tensor) is tensor
    assert arrays.available_workers() >= 1
