"""Convolution equals SciPy's, directly and by FFT, for odd and even kernels and every boundary."""

import numpy as np
import pytest
import torch
from scipy import ndimage, signal

from drfuse.degradations import KernelBlur
from drfuse.degradations.convolution import convolve_valid, convolve_valid_adjoint, fast_shape, kernel_margin
from drfuse.utils.seed import keyed_generator

SCIPY_MODES = dict(circular='wrap', reflect='mirror', zero='constant')


@pytest.mark.parametrize('boundary', SCIPY_MODES)
@pytest.mark.parametrize('shape', [(3, 5), (2, 4), (9, 8), (1, 11)])
def test_agrees_with_scipy(boundary, shape):
    kernel = torch.rand(shape, generator=keyed_generator(shape[0]), dtype=torch.float64)
    x = torch.rand(1, 1, 23, 19, generator=keyed_generator(1), dtype=torch.float64)
    operator = KernelBlur(kernel.tolist(), boundary=boundary)
    y = operator.bind(operator.sample_params(None), (23, 19)).forward(x)
    # SciPy's origin of a kernel of even size is its element (k - 1) // 2 after flipping, ours k // 2
    origin = [(k - 1) // 2 - k // 2 + (k % 2 == 0) for k in shape]
    expected = ndimage.convolve(x[0, 0].numpy(), kernel.numpy(), mode=SCIPY_MODES[boundary], origin=origin)
    np.testing.assert_allclose(y[0, 0].numpy(), expected, atol=1e-12)


@pytest.mark.parametrize('size', [5, 15])
def test_valid_part_and_its_transpose_with_one_kernel_a_sample(size):
    kernels = torch.rand(2, size, size - 1, generator=keyed_generator(2), dtype=torch.float64)
    x = torch.rand(2, 3, 20, 24, generator=keyed_generator(3), dtype=torch.float64)
    y = convolve_valid(x, kernels)
    expected = signal.convolve2d(x[1, 2].numpy(), kernels[1].numpy(), mode='valid')
    np.testing.assert_allclose(y[1, 2].numpy(), expected, atol=1e-12)
    r = torch.rand(y.shape, generator=keyed_generator(4), dtype=torch.float64)
    torch.testing.assert_close((y * r).sum(), (x * convolve_valid_adjoint(r, kernels)).sum())


def test_margins_keep_the_size():
    assert kernel_margin(torch.zeros(1, 4, 5)) == (2, 2, 1, 2)


@pytest.mark.parametrize(('shape', 'expected'), [((831, 1087), (840, 1120)), ((1, 1), (1, 2)), ((7, 7), (7, 8)),
                                                 ((11, 16), (12, 16))])
def test_transforms_have_small_factors_and_an_even_width(shape, expected):
    assert fast_shape(shape) == expected
