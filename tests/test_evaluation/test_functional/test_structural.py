import numpy as np
import pytest

from drfuse.evaluation.functional import q_c, q_y


@pytest.fixture(scope='module')
def maps(trio, window_average, gaussian):
    """Local moments and SSIM maps of textured images, window by window."""
    fused, sources = trio
    cut = (slice(20, 60), slice(30, 65))
    images = [x[cut] for x in (fused, *sources)]

    def compute(window):
        f, a, b = (x.astype(float) for x in images)

        def mean(x):
            return window_average(x, window)

        def covariance(x, y):
            return mean(x * y) - mean(x) * mean(y)

        def ssim(x, y):
            mx, my = mean(x), mean(y)
            return ((2 * mx * my + 2e-16) * (2 * covariance(x, y) + 2e-16)
                    / ((mx**2 + my**2 + 2e-16) * (covariance(x, x) + covariance(y, y) + 2e-16)))
        return f, a, b, covariance, ssim
    return images, compute


@pytest.mark.parametrize('variant', ['yuliu', 'zliu'])
def test_q_c_window_by_window(maps, gaussian, variant):
    images, compute = maps
    f, a, b, covariance, ssim = compute(np.full((8, 8), 1 / 64) if variant == 'yuliu' else gaussian(7, 1.5))
    share = covariance(a, f) / (covariance(a, f) + covariance(b, f))
    inside = share.clip(0, 1)
    quality = inside * ssim(a, f) + (1 - inside) * ssim(b, f)
    if variant == 'zliu':
        quality[share < 0], quality[share > 1] = 0, 1
        assert (share > 1).any() and (share < 0).any()
    assert q_c(images[0], images[1:], variant) == pytest.approx(quality.mean(), abs=1e-11)


def test_q_y_window_by_window(maps, gaussian):
    images, compute = maps
    f, a, b, covariance, ssim = compute(gaussian(7, 1.5))
    share = covariance(a, a) / (covariance(a, a) + covariance(b, b))
    blended = share * ssim(a, f) + (1 - share) * ssim(b, f)
    quality = np.where(ssim(a, b) >= 0.75, blended, np.maximum(ssim(a, f), ssim(b, f)))
    assert q_y(images[0], images[1:]) == pytest.approx(quality.mean(), abs=1e-11)


def test_flat_windows_have_defined_values():
    """Flat against flat leaves the luminance term; flat against texture is no similarity at all."""
    x, y = np.full((20, 20), 30, np.uint8), np.full((20, 20), 90, np.uint8)
    luminance = 2 * 30 * 90 / (30**2 + 90**2)
    texture = np.random.default_rng(0).integers(0, 255, (20, 20), dtype=np.uint8)
    for metric in (q_y, q_c, lambda f, s: q_c(f, s, 'zliu')):
        assert metric(x, (y, y)) == pytest.approx(luminance, abs=1e-12)
        assert metric(x, (texture, texture)) == pytest.approx(0, abs=1e-12)
        assert metric(x, (x, x)) == pytest.approx(1, abs=1e-12)


def test_cancelling_covariances_take_the_positive_source():
    """cov(A, F) = -cov(B, F): the clamped share is 1 for the source that goes with the fused image."""
    x = np.random.default_rng(1).integers(100, 156, (8, 8), dtype=np.uint8)
    assert q_c(x, (x, 255 - x)) == pytest.approx(1)
    assert q_c(x, (255 - x, x)) == pytest.approx(1)


def test_a_copy_of_one_source_wins_q_y(formula):
    case = formula['96x120']
    assert q_y(case.sources[0], case.sources) > 0.99 > q_y(case.fused['average'], case.sources)
