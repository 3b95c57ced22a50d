"""Filters by OpenCV give what sums and FFTs give."""

import pytest
import torch
from torch.nn import functional as F

from drfuse.degradations import GaussianBlur, MotionBlur
from drfuse.degradations.kernels import gaussian_kernel, motion_kernel
from drfuse.degradations.separable import can_filter, filter_boxes, filter_separable, split_kernel


def images(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize('boundary', ['reflect', 'zero'])
@pytest.mark.parametrize('size', [(40, 53), (9, 30)])
def test_a_gaussian_blur_equals_the_unbound_one(boundary, size):
    operator = GaussianBlur((1.0, 2.0), kernel_size=11, boundary=boundary)
    params = dict(sigma=torch.tensor([1.3, 2.0]))
    x = images(2, 3, *size)
    A = operator.bind(params, size)
    torch.testing.assert_close(A.forward(x), operator.forward(x, params), atol=1e-6, rtol=0)


def test_an_asymmetric_product_keeps_its_orientation():
    kernel = torch.outer(torch.tensor([0.1, 0.2, 0.7]), torch.tensor([0.5, 0.3, 0.1, 0.05, 0.05])).double()
    x = images(1, 1, 20, 20)
    found = filter_separable(x, [split_kernel(kernel)], 'zero')
    torch.testing.assert_close(found, F.conv2d(x, kernel.flip(0, 1)[None, None], padding=(1, 2)))


def test_only_products_are_split():
    assert split_kernel(gaussian_kernel(torch.tensor([1.5]), 9)[0]) is not None
    assert split_kernel(motion_kernel(torch.tensor([9.0]), torch.tensor([30.0]), 11)[0]) is None
    assert split_kernel(torch.ones(4, 3)) is None and split_kernel(torch.zeros(3, 3)) is None


def test_what_is_differentiated_is_not_handed_to_opencv():
    x = torch.rand(1, 1, 16, 16, requires_grad=True)
    assert not can_filter(x)
    with torch.no_grad():
        assert can_filter(x)
    A = GaussianBlur(1.0, kernel_size=9).bind(dict(sigma=torch.tensor([1.0])), (16, 16))
    A.forward(x).sum().backward()
    torch.testing.assert_close(x.grad, A.adjoint(torch.ones(1, 1, 16, 16)))


def test_other_kernels_still_go_through_the_spectrum():
    operator = MotionBlur(9.0, 30.0)
    params, x = operator.sample_params(None), images(1, 1, 40, 44).float()
    torch.testing.assert_close(operator.bind(params, (40, 44)).forward(x), operator.forward(x, params))


def test_box_sums():
    x = images(2, 2, 12, 15)
    for found, image in zip(filter_boxes((x, x[:, :1].square()), 5), (x, x[:, :1].square()), strict=True):
        torch.testing.assert_close(found, F.avg_pool2d(image, 5, 1, 2) * 25)


@pytest.mark.parametrize('border', ['reflect', 'replicate', 'zero'])
@pytest.mark.parametrize('threads', [2, 3, 7])
def test_threads_change_nothing(monkeypatch, border, threads):
    x = images(1, 2, 500, 333).float()
    taps = [split_kernel(gaussian_kernel(torch.tensor([2.0], dtype=torch.float64), 21)[0])]
    monkeypatch.setattr(torch, 'get_num_threads', lambda: 1)
    alone = filter_separable(x, taps, border), *filter_boxes((x,), 9)
    monkeypatch.setattr(torch, 'get_num_threads', lambda: threads)
    for found, expected in zip((filter_separable(x, taps, border), *filter_boxes((x,), 9)), alone, strict=True):
        assert torch.equal(found, expected)


def test_products_need_no_transform_until_they_are_differentiated(monkeypatch):
    seen, transform = [], torch.fft.rfft2
    monkeypatch.setattr(torch.fft, 'rfft2', lambda *args, **options: seen.append(1) or transform(*args, **options))
    A = GaussianBlur(2.0, kernel_size=21).bind(dict(sigma=torch.tensor([2.0])), (40, 40))
    x = images(1, 1, 40, 40).requires_grad_()
    with torch.no_grad():
        expected = A.forward(x)
    assert not seen
    torch.testing.assert_close(A.forward(x), expected, atol=1e-6, rtol=0)
    assert seen
