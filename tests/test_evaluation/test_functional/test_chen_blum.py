import numpy as np
import pytest
from scipy import signal

from drfuse.evaluation.functional import q_cb


def by_full_spectrum(fused, sources):
    """The definition, with complex transforms and two-dimensional windows."""
    h, w = fused.shape

    def contrast(x):
        x = x.astype(float)
        x = np.floor((x - x.min()) / (x.max() - x.min()) * 255 + 0.5)
        fy, fx = ((np.arange(n) - n // 2) * 2 / n * (n / 30) for n in (h, w))
        r = np.hypot(fy[:, None], fx)
        gain = np.exp(-(r / 15.387)**2) - 0.7622 * np.exp(-(r / 1.3456)**2)
        y = np.fft.ifft2(np.fft.fft2(x) * np.fft.ifftshift(gain)).real
        i = np.arange(-15, 16)

        def smooth(s):
            window = np.exp(-(i[:, None]**2 + i**2) / (2 * s * s)) / (2 * np.pi * s * s)
            return signal.fftconvolve(y, window, mode='same')

        c = abs(smooth(2) / smooth(4) - 1)
        return c**3 / (c**2 + 1e-4)

    f, a, b = (contrast(x) for x in (fused, *sources))
    share = a**2 / (a**2 + b**2)
    kept = [np.minimum(x, f) / np.maximum(x, f) for x in (a, b)]
    return (share * kept[0] + (1 - share) * kept[1]).mean()


@pytest.mark.parametrize('cut', [(95, 121), (94, 121), (95, 120), (33, 64)])
def test_the_definition_with_full_spectra(trio, cut):
    fused, sources = trio
    fused, sources = fused[:cut[0], :cut[1]], [s[:cut[0], :cut[1]] for s in sources]
    assert q_cb(fused, sources) == pytest.approx(by_full_spectrum(fused, sources), abs=1e-10)


def test_gain_and_offset_do_not_matter(trio):
    fused, sources = trio
    assert q_cb(fused / 2 + 20, sources) == pytest.approx(q_cb(fused, sources), abs=1e-12)
