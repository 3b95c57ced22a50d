import numpy as np
import pytest

from drfuse.evaluation.functional import q_e, q_s, q_w
from drfuse.evaluation.functional.piella import LocalMoments, local_mean


@pytest.fixture(scope='module')
def by_definition(window_average, gaussian):
    """Q_S and Q_W from windows taken one by one."""
    def compute(fused, sources, variant):
        window = np.full((8, 8), 1 / 64) if variant == 'yuliu' else gaussian(11, 1.5)
        k1, k2 = (1e-6, 1e-6) if variant == 'yuliu' else (0.01, 0.03)
        c1, c2 = (255 * k1)**2, (255 * k2)**2
        f, a, b = (x.astype(float) for x in (fused, *sources))

        def mean(x):
            return window_average(x, window)

        def ssim(x, y):
            mx, my = mean(x), mean(y)
            return ((2 * mx * my + c1) * (2 * (mean(x * y) - mx * my) + c2)
                    / ((mx**2 + my**2 + c1) * (mean(x * x) - mx**2 + mean(y * y) - my**2 + c2)))

        va, vb = mean(a * a) - mean(a)**2, mean(b * b) - mean(b)**2
        share = va / (va + vb)
        quality = share * ssim(f, a) + (1 - share) * ssim(f, b)
        return quality.mean(), np.average(quality, weights=np.maximum(va, vb))
    return compute


@pytest.mark.parametrize('variant', ['yuliu', 'zliu'])
def test_the_definition_window_by_window(trio, by_definition, variant):
    fused, sources = trio
    cut = (slice(10, 60), slice(30, 60))
    fused, sources = fused[cut], [s[cut] for s in sources]
    expected = by_definition(fused, sources, variant)
    assert q_s(fused, sources, variant) == pytest.approx(expected[0], abs=1e-11)
    assert q_w(fused, sources, variant) == pytest.approx(expected[1], abs=1e-11)


def test_q_e_multiplies_q_w_of_the_edge_images(trio):
    fused, sources = trio

    def edge_image(x):
        p = np.pad(x.astype(float), 1)
        rows, columns = p[:-2] + p[1:-1] + p[2:], p[:, :-2] + p[:, 1:-1] + p[:, 2:]
        return np.hypot(rows[:, 2:] - rows[:, :-2], columns[2:] - columns[:-2])

    images = [edge_image(x) for x in (fused, *sources)]
    scale = 255 / max(x.max() for x in images)  # Q_W of yuliu hardly sees the scale; inputs must be 0..255
    expected = q_w(fused, sources) * q_w(images[0] * scale, [x * scale for x in images[1:]])
    assert q_e(fused, sources) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize('level', [1, 100, 255])
def test_between_flat_sources_the_brighter_one_counts(level):
    """Rounding noise decided it in the reference; black windows, exactly flat, share by halves."""
    black, flat = np.zeros((20, 20)), np.full((20, 20), float(level))
    moments = LocalMoments(flat, (black, flat), 'zliu')
    assert (moments.saliency(0) == 0).all() and (moments.saliency(1) > 0).all()
    assert q_s(flat.astype(np.uint8), (black.astype(np.uint8), flat.astype(np.uint8)), 'zliu') == pytest.approx(1)
    assert q_s(black.astype(np.uint8), (black.astype(np.uint8),) * 2, 'zliu') == pytest.approx(1)


def test_local_mean_of_a_flat_image_is_its_level():
    for variant, size in (('yuliu', 13), ('zliu', 10)):
        mean = local_mean(np.full((20, 20), 7.), variant)
        assert mean.shape == (size, size) and abs(mean - 7).max() < 1e-13
