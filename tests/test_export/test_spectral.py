"""Transforms by matrix products equal those of the Fourier solvers, at every size."""

import pytest
import torch

from drfuse.degradations.convolution import fast_shape
from drfuse.degradations.pinv_solvers.fourier import close_period
from drfuse.export.spectral import fast_lengths, filtered, fold, make_axis, transfer, unfold, wiener


@pytest.mark.parametrize('shape', [(8, 8), (7, 10), (9, 5)])
def test_fold_and_back(shape):
    image = torch.rand(shape)
    parts = fold(image)
    torch.testing.assert_close(unfold(parts / 4, shape), image)
    torch.testing.assert_close(parts[0, 0], fold(image.flip(0, 1))[0, 0])
    torch.testing.assert_close(parts[1, 0], -fold(image.flip(0))[1, 0])


def test_lengths_are_those_of_fast_transforms():
    for axis in (0, 1):
        lengths = fast_lengths(axis, 100).tolist()
        assert lengths == sorted(set(lengths)) and lengths[-1] >= 100
        for need in range(1, 101):
            assert fast_shape((need, need))[axis] == next(n for n in lengths if n >= need)


@pytest.mark.parametrize(('shape', 'taps'), [((20, 31), (5, 5)), ((31, 20), (3, 7)), ((16, 16), (4, 1))])
def test_a_filter_equals_that_by_fft(shape, taps):
    torch.manual_seed(0)
    image, kernel = torch.rand(shape), torch.rand(taps)
    rows, columns = (make_axis(shape[i], taps[i], fast_lengths(i, 200)) for i in (0, 1))
    period = fast_shape((shape[0] + 3 * taps[0], shape[1] + 3 * taps[1]))
    closed = close_period(image[None, None], period)[0, 0]
    wrapped = torch.zeros(period)
    wrapped[:taps[0], :taps[1]] = kernel
    H = torch.fft.fft2(wrapped.roll((-(taps[0] // 2), -(taps[1] // 2)), (0, 1)))
    blur = transfer(rows, columns, kernel)
    for ours, theirs in ((blur, H), (wiener(blur, torch.tensor(0.01)), H.conj() / (H.abs().square() + 0.01))):
        expected = torch.fft.ifft2(torch.fft.fft2(closed) * theirs).real[:shape[0], :shape[1]]
        spectrum = filtered(rows.analysis[:, None] @ fold(image) @ columns.analysis.mT, ours)
        result = unfold(rows.synthesis[:, None] @ spectrum @ columns.synthesis.mT, shape)
        torch.testing.assert_close(result, expected, atol=2e-4, rtol=0)
