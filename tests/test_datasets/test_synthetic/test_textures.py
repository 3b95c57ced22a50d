import numpy as np
import pytest

from drfuse.datasets.synthetic.textures import band_noise, blend, fractal_noise, smoothstep, soft, to_uint8


def spectrum_slope(field):
    power = np.abs(np.fft.fft2(field)) ** 2
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(256), np.fft.fftfreq(256)))
    rings = [power[(f > low) & (f <= low * 1.3)].mean() for low in (.02, .3)]
    return 0.5 * np.log(rings[0] / rings[1]) / np.log(.3 / .02)


@pytest.mark.parametrize('beta', [0.5, 1.5])
def test_fractal_noise_has_its_slope_and_unit_variance(beta):
    field = fractal_noise((256, 256), np.random.default_rng(0), beta)
    assert field.dtype == np.float32
    assert abs(field.mean()) < 1e-3
    assert field.std() == pytest.approx(1, abs=1e-3)
    assert spectrum_slope(field) == pytest.approx(beta, abs=0.1)


def test_band_noise_has_its_wavelength():
    field = band_noise((128, 128), np.random.default_rng(0), 16)
    power = np.abs(np.fft.rfft2(field)) ** 2
    f = np.hypot(np.fft.fftfreq(128)[:, None], np.fft.rfftfreq(128)[None])
    assert (power * f).sum() / power.sum() == pytest.approx(1 / 16, rel=0.2)


def test_edges():
    x = np.array([-1., 0, .5, 1, 2], np.float32)
    assert np.allclose(smoothstep(0, 1, x), [0, 0, .5, 1, 1])
    assert np.allclose(smoothstep(1, 0, x), [1, 1, .5, 0, 0])
    assert np.allclose(soft(np.array([-2., 0, 2])), [1, .5, 0])


def test_blend_paints_in_place():
    grey, colour = np.zeros((2, 2), np.float32), np.zeros((2, 2, 3), np.float32)
    mask = np.array([[0, 1], [.5, 0]], np.float32)
    blend(grey, 1.0, mask)
    blend(colour, (1, .5, 0), mask)
    assert np.array_equal(grey, mask)
    assert np.allclose(colour[1, 0], [.5, .25, 0])


def test_bytes_are_rounded_and_clipped():
    assert to_uint8(np.array([-1, .5 / 255, 1.49 / 255, 2])).tolist() == [0, 1, 1, 255]
