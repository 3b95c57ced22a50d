import numpy as np
import pytest

from drfuse.evaluation.functional import q_cv


def by_full_spectrum(fused, sources):
    """The definition, with complex transforms and blocks one by one."""
    h, w = fused.shape
    fy, fx = ((np.arange(n) - n // 2) * 2 / n * (n / 8) for n in (h, w))
    r = np.hypot(fy[:, None], fx)
    gain = np.fft.ifftshift(2.6 * (0.0192 + 0.144 * r) * np.exp(-(0.144 * r)**1.1))

    def stretch(x):
        x = x.astype(float)
        return np.floor((x - x.min()) / (x.max() - x.min()) * 255 + 0.5)

    numerator = denominator = 0
    for source in sources:
        s = stretch(source)
        p = np.pad(s, 1)
        gx = (p[:-2, 2:] + 2 * p[1:-1, 2:] + p[2:, 2:]) - (p[:-2, :-2] + 2 * p[1:-1, :-2] + p[2:, :-2])
        gy = (p[2:, :-2] + 2 * p[2:, 1:-1] + p[2:, 2:]) - (p[:-2, :-2] + 2 * p[:-2, 1:-1] + p[:-2, 2:])
        error = np.fft.ifft2(np.fft.fft2(s - stretch(fused)) * gain).real**2
        for i in range(0, h, 16):
            for j in range(0, w, 16):
                block = (slice(i, i + 16), slice(j, j + 16))
                saliency = (np.hypot(gx[block], gy[block])**5).sum()
                numerator += saliency * error[block].sum() / 256
                denominator += saliency
    return numerator / denominator


@pytest.mark.parametrize('shape', [(80, 96), (79, 95)])
def test_the_definition_block_by_block(trio, shape):
    fused, sources = trio
    fused, sources = fused[:shape[0], :shape[1]], [s[:shape[0], :shape[1]] for s in sources]
    assert q_cv(fused, sources) == pytest.approx(by_full_spectrum(fused, sources), rel=1e-10)


def test_identical_images_have_no_distance(trio):
    fused, _ = trio
    assert q_cv(fused, (fused, fused)) == 0
