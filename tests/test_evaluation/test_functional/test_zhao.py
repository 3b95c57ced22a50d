import math

import numpy as np
import pytest

from drfuse.evaluation.functional import q_p


def naive(x, scales=4, orientations=6, eps=1e-4):
    """Phase congruency as it is usually written: whole arrays, all filters, no shortcut."""
    h, w = x.shape
    axis = [(np.arange(n) - n / 2) / n if n % 2 == 0 else (np.arange(n) - (n - 1) / 2) / (n - 1) for n in (h, w)]
    y, xx = np.meshgrid(*axis, indexing='ij')
    radius, theta = np.fft.ifftshift(np.hypot(y, xx)), np.fft.ifftshift(np.arctan2(-y, xx))
    low_pass = 1 / (1 + (radius / 0.45)**30)
    radius[0, 0] = 1
    spectrum = np.fft.fft2(x)
    energy_sum = amplitude_sum = cx2 = cy2 = cxy = 0
    for o in range(orientations):
        angle = o * np.pi / orientations
        d = abs(np.arctan2(np.sin(theta) * np.cos(angle) - np.cos(theta) * np.sin(angle),
                           np.cos(theta) * np.cos(angle) + np.sin(theta) * np.sin(angle)))
        angular = np.exp(-d**2 / (2 * (np.pi / 6 / 1.2)**2))
        filters = [np.exp(-np.log(radius * 3 * 2.1**s)**2 / (2 * np.log(0.55)**2)) * low_pass for s in range(scales)]
        for f in filters:
            f[0, 0] = 0
        filters = [f * angular for f in filters]
        e = [np.fft.ifft2(spectrum * f) for f in filters]
        amplitude = sum(map(abs, e))
        mean = sum(e) / (abs(sum(e)) + eps)
        energy = sum(z.real * mean.real + z.imag * mean.imag - abs(z.real * mean.imag - z.imag * mean.real) for z in e)
        noise = np.median(abs(e[0])**2) / np.log(2) / (filters[0]**2).sum()
        g = [np.fft.ifft2(f).real * math.sqrt(h * w) for f in filters]
        tau = math.sqrt(noise * sum((p * q).sum() for p in g for q in g))
        energy = np.maximum(energy - (tau * math.sqrt(np.pi / 2) + 2 * tau * math.sqrt(2 - np.pi / 2)) / 1.7, 0)
        weight = 1 / (1 + np.exp(10 * (0.5 - amplitude / (np.maximum.reduce([abs(z) for z in e]) + eps) / 4)))
        energy_sum, amplitude_sum = energy_sum + weight * energy, amplitude_sum + amplitude
        p = weight * energy / amplitude
        cx2, cy2 = cx2 + (p * np.cos(angle))**2 / 3, cy2 + (p * np.sin(angle))**2 / 3
        cxy = cxy + p**2 * np.cos(angle) * np.sin(angle) / 6
    spread = np.sqrt(cxy**2 + (cx2 - cy2)**2) + eps
    return energy_sum / (amplitude_sum + eps), (cy2 + cx2 + spread) / 2, (cy2 + cx2 - spread) / 2


@pytest.fixture(scope='module')
def by_definition(window_average, gaussian):
    def compute(fused, sources):
        f, a, b = (naive(x.astype(float)) for x in (fused, *sources))
        m = [np.where(a[0] > b[0], x, y) for x, y in zip(a, b, strict=True)]
        masks = [maps[0] > 0.1 for maps in (a, b, m)]
        window = gaussian(11, 1.5)

        def mean(x):
            return window_average(np.pad(x, 5), window)

        value = 1
        for i in range(3):
            best = []
            for maps, mask in zip((a, b, m), masks, strict=True):
                x, y = maps[i] * mask, f[i]
                mx, my = mean(x), mean(y)
                spread = np.sqrt(abs((mean(x * x) - mx**2) * (mean(y * y) - my**2)))
                best.append((mean(x * y) - mx * my + 1e-4) / (spread + 1e-4) * mask)
            value *= np.maximum.reduce(best).sum() / masks[2].sum()
        return value
    return compute


@pytest.mark.parametrize('shape', [(70, 36), (35, 41)])
def test_the_definition_without_shortcuts(trio, by_definition, shape):
    fused, sources = trio
    fused, sources = fused[:shape[0], :shape[1]], [s[:shape[0], :shape[1]] for s in sources]
    assert q_p(fused, sources) == pytest.approx(by_definition(fused, sources), abs=1e-10)


def test_contrast_hardly_matters(trio):
    fused, sources = trio
    assert q_p(fused // 2, sources) == pytest.approx(q_p(fused, sources), abs=0.02)


def test_sources_without_features_leave_it_undefined(trio):
    fused, _ = trio
    flat = np.full_like(fused, 60)
    assert math.isnan(q_p(fused, (flat, flat)))
    assert q_p(flat, (fused, flat)) == 0
