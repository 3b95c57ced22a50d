"""Kernels: normalised, of the stated width, a single pixel where there is no blur."""

import pytest
import torch

from drfuse.degradations.kernels import disk_kernel, gaussian_kernel, gaussian_support, motion_kernel

F64 = dict(dtype=torch.float64)


def moments(kernel):
    axis = torch.arange(kernel.shape[-1], **F64) - kernel.shape[-1] // 2
    rows, columns = kernel.sum(-1), kernel.sum(-2)
    return (rows * axis**2).sum(-1), (columns * axis**2).sum(-1)


def test_gaussian_has_its_variance_along_its_axes():
    kernel = gaussian_kernel(
        torch.tensor([2.0, 3.0], **F64), 41, torch.tensor([2.0, 1.5], **F64), torch.tensor([0.0, 90.0], **F64)
    )
    rows, columns = moments(kernel)
    torch.testing.assert_close(columns, torch.tensor([4.0, 2.25], **F64), rtol=1e-3, atol=0)
    torch.testing.assert_close(rows, torch.tensor([4.0, 9.0], **F64), rtol=1e-3, atol=0)


@pytest.mark.parametrize(
    'kernel',
    [
        gaussian_kernel(torch.zeros(2, **F64), 9),
        disk_kernel(torch.zeros(2, **F64), 5),
        motion_kernel(torch.zeros(2, **F64), torch.tensor([0.0, 30.0], **F64), 7),
    ],
)
def test_no_blur_is_a_single_pixel(kernel):
    centre = kernel.shape[-1] // 2
    delta = torch.zeros_like(kernel)
    delta[:, centre, centre] = 1
    torch.testing.assert_close(kernel, delta)


@pytest.mark.parametrize('angle', [0.0, 45.0, 90.0, 135.0])
def test_motion_is_as_long_as_stated(angle):
    kernel = motion_kernel(torch.tensor([12.0], **F64), torch.tensor([angle], **F64), 17)
    torch.testing.assert_close(kernel.sum((-2, -1)), torch.ones(1, **F64))
    rows, columns = moments(kernel)
    assert (rows + columns).item() == pytest.approx(12**2 / 12, rel=0.15)
    assert (columns > rows).item() == (angle == 0.0) or angle in (45.0, 135.0)


def test_disk_fills_its_area():
    kernel = disk_kernel(torch.tensor([4.0], **F64), 11)
    assert 1 / kernel.max().item() == pytest.approx(torch.pi * 4**2, rel=0.05)


@pytest.mark.parametrize(('sigma', 'side'), [(0.0, 3), (0.2, 3), (2.0, 17), (2.1, 19)])
def test_support(sigma, side):
    assert gaussian_support(sigma) == side


def test_motion_has_finite_gradients_where_a_pixel_lies_on_the_path():
    length, angle = (torch.tensor([v], requires_grad=True, **F64) for v in (5.0, 27.0))
    weights = torch.arange(81.0, **F64).view(9, 9).cos()

    def weighted(length, angle):
        return (motion_kernel(length, angle, 9) * weights).sum()

    assert torch.autograd.gradcheck(weighted, (length, angle))
