"""Blurs: shapes of kernels, files, and one-line errors."""

import numpy as np
import pytest
import torch

from drfuse.degradations import DefocusBlur, GaussianBlur, KernelBlur, MotionBlur
from drfuse.utils.seed import keyed_generator


@pytest.mark.parametrize(
    'blur',
    [
        GaussianBlur((0, 3)),
        GaussianBlur(1.0, sigma2=(1, 3), angle=(0, 90)),
        MotionBlur((0, 9), (0, 180)),
        DefocusBlur((0, 4)),
    ],
    ids=repr,
)
def test_kernels_are_normalised_and_keep_grey(blur):
    params = blur.sample_params(keyed_generator(0))
    assert blur.kernel(params).sum().item() == pytest.approx(1)
    grey = torch.full((1, 1, 30, 31), 0.4, dtype=torch.float64)
    torch.testing.assert_close(blur.bind(params, (30, 31)).forward(grey), grey)


def test_one_sigma_a_sample():
    blur = GaussianBlur((0.5, 3.0))
    A = blur.bind(dict(sigma=torch.tensor([0.5, 3.0])), (32, 32))
    impulse = torch.zeros(2, 1, 32, 32)
    impulse[..., 16, 16] = 1
    sharp, wide = A.forward(impulse).amax((1, 2, 3))
    assert sharp > 10 * wide


def test_kernel_from_a_file(tmp_path):
    np.save(tmp_path / 'k.npy', np.ones((2, 3)))
    blur = KernelBlur(str(tmp_path / 'k.npy'), normalise=True)
    torch.testing.assert_close(blur.sample_params(None)['kernel'], torch.full((1, 2, 3), 1 / 6, dtype=torch.float64))


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: GaussianBlur(-1.0), 'GaussianBlur sigma must be >= 0, got -1.0'),
        (lambda: GaussianBlur(1.0, kernel_size=4), 'GaussianBlur kernel_size must be odd and >= 1, got 4'),
        (lambda: GaussianBlur(1.0, angle=30), 'needs sigma2'),
        (lambda: GaussianBlur(1.0, boundary='mirror'), "got 'mirror'"),
        (lambda: MotionBlur(-2), 'MotionBlur length must be >= 0, got -2'),
        (lambda: DefocusBlur(1.0, kernel_size=2), 'DefocusBlur kernel_size must be odd'),
        (lambda: KernelBlur([1.0, 2.0]), r'KernelBlur needs a finite 2-D kernel, got shape \(2,\)'),
        (lambda: KernelBlur([[float('nan')]]), 'finite 2-D kernel'),
        (lambda: KernelBlur([[1.0, -1.0]], normalise=True), 'sums to 0'),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
