import numpy as np
import pytest

from drfuse.evaluation.functional.meyer_wavelet import meyer_filters, meyer_transform


def test_the_filters_are_orthonormal():
    low, high = meyer_filters()
    for shift in range(0, 20, 2):
        assert (low[shift:] * low[:len(low) - shift]).sum() == pytest.approx(float(shift == 0), abs=1e-4)
        assert (low[shift:] * high[:len(low) - shift]).sum() == pytest.approx(0, abs=1e-4)
    assert low.sum() == pytest.approx(np.sqrt(2), abs=1e-5) and high.sum() == pytest.approx(0, abs=1e-5)


def test_the_transform_by_convolution():
    """Half-sample symmetric extension, convolution, every second sample from the second."""
    x = np.random.default_rng(1).random((20, 31))

    def analyse(z, taps):
        wide = np.pad(z, [(0, 0), (101, 101)], mode='symmetric')
        full = np.array([np.convolve(row, taps, mode='valid') for row in wide])
        return full[:, 1::2][:, :(z.shape[1] + 101) // 2]

    low, high = meyer_filters()
    along = [analyse(x, taps) for taps in (low, high)]
    bands = [[analyse(z.T, taps).T for z in along] for taps in (low, high)]
    (approximation, vertical), (horizontal, diagonal) = bands
    expected = np.block([[approximation, horizontal], [vertical, diagonal]])
    np.testing.assert_allclose(meyer_transform(x), expected, atol=1e-12)


def test_the_filter_is_close_to_the_published_table():
    """Centre of the 62-tap table ``dmey`` of PyWavelets 1.9."""
    low, _ = meyer_filters()
    np.testing.assert_allclose(low[49:54], [-0.03508756, 0.444593, 0.74458559, 0.444593, -0.03508756], atol=1e-3)


def test_a_constant_image_has_no_detail():
    out = meyer_transform(np.full((24, 30), 5.))
    m, n = out.shape[0] // 2, out.shape[1] // 2
    assert abs(out[:m, :n] - 10).max() < 1e-3 and abs(out[m:]).max() < 1e-3 and abs(out[:, n:]).max() < 1e-3
