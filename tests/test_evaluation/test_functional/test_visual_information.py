import math

import numpy as np
import pytest
from scipy import signal

from drfuse.evaluation.functional import vif, viff


@pytest.fixture(scope='module')
def scales(gaussian):
    """Information of the four scales with full two-dimensional windows and masks one after the other."""
    def compute(source, fused, noise):
        x, y, out = source.astype(float), fused.astype(float), []
        for scale in range(1, 5):
            size = 2**(5 - scale) + 1
            window = gaussian(size, size / 5)

            def mean(z, window=window):
                return signal.correlate2d(z, window, mode='valid')

            if scale > 1:
                x, y = mean(x)[::2, ::2], mean(y)[::2, ::2]
            vx = np.maximum(mean(x * x) - mean(x)**2, 0)
            vy = np.maximum(mean(y * y) - mean(y)**2, 0)
            cov = mean(x * y) - mean(x) * mean(y)
            gain = cov / (vx + 1e-10)
            rest = vy - gain * cov
            gain[vx < 1e-10], rest[vx < 1e-10] = 0, vy[vx < 1e-10]
            vx[vx < 1e-10] = 0
            gain[vy < 1e-10], rest[vy < 1e-10] = 0, 0
            rest[gain < 0] = vy[gain < 0]
            gain[gain < 0] = 0
            rest[rest <= 1e-10] = 1e-10
            out.append((np.log10(1 + gain**2 * vx / (rest + noise)), np.log10(1 + vx / noise), gain))
        return out
    return compute


def with_a_flat_corner(trio):
    fused, (a, b) = trio
    a = a.copy()
    a[:50, :40] = 70
    return fused, (a, b)


def test_vif_by_full_windows(trio, scales):
    fused, sources = with_a_flat_corner(trio)
    expected = 0
    for source in sources:
        parts = scales(source, fused, 2)
        expected += sum(p[0].sum() for p in parts) / sum(p[1].sum() for p in parts)
    assert vif(fused, sources) == pytest.approx(expected, abs=1e-9)


def test_viff_by_full_windows(trio, scales):
    fused, sources = with_a_flat_corner(trio)
    weights = np.array([1, 0, 0.15, 1]) / 2.15
    expected = 0
    for weight, (na, da, ga), (nb, db, gb) in zip(weights, *(scales(s, fused, 0.005 * 255**2) for s in sources),
                                                  strict=True):
        expected += weight * (np.where(ga < gb, na, nb) + 1e-7).sum() / (np.where(ga < gb, da, db) + 1e-7).sum()
    assert viff(fused, sources) == pytest.approx(expected, abs=1e-9)


def test_identical_images_and_contrast(trio):
    fused, _ = trio
    x = fused // 2 + 20
    assert vif(x, (x, x)) == pytest.approx(2, abs=1e-6)
    assert viff(x, (x, x)) == pytest.approx(1, abs=1e-6)
    assert vif((2 * x - 40).astype(np.uint8), (x, x)) > 2.1


def test_constant_images(trio):
    fused, (a, b) = trio
    flat = np.full_like(fused, 40)
    assert vif(flat, (a, b)) == pytest.approx(0, abs=1e-9)
    assert math.isnan(vif(fused, (flat, b)))
    assert viff(flat, (a, b)) < 0.01
    assert viff(fused, (flat, flat)) == pytest.approx(1, abs=1e-6)
