import numpy as np
import pytest

from drfuse.evaluation.functional import fmi


def entropy(p):
    p = p[p != 0]
    return -(p * np.log2(abs(p))).sum()


def window_information(x, y):
    """The definition for one window, read column by column."""
    if (x == y).all():
        return 1.

    def distribution(v):
        v = v.ravel('F')
        v = (v - v.min()) / (v.max() - v.min()) if v.max() > v.min() else np.ones(9)
        return v / v.sum()

    p, q = distribution(x), distribution(y)
    flat = len({*p}) == 1 or len({*q}) == 1
    correlation = 0 if flat else np.corrcoef(p, q)[0, 1]
    cp, cq = np.cumsum(p), np.cumsum(q)
    bound = np.minimum.outer(cp, cq) if correlation >= 0 else np.maximum(np.add.outer(cp, cq) - 1, 0)
    i = np.arange(1, 10)
    spread = np.prod([np.sqrt(max((i * i * v).sum() - (i * v).sum()**2, 0)) for v in (p, q)])
    share = correlation * spread / (bound - np.outer(cp, cq)).sum() if correlation and spread else 0
    padded = np.pad(bound, ((1, 0), (1, 0)))
    cells = padded[1:, 1:] - padded[:-1, 1:] - padded[1:, :-1] + padded[:-1, :-1]
    joint = share * cells + (1 - share) * np.outer(p, q)
    total = entropy(p) + entropy(q)
    return 2 * (total - entropy(joint)) / total if total else 0.


def by_window(x, y):
    x, y = x.astype(float), y.astype(float)
    return np.mean([window_information(x[i:i + 3, j:j + 3], y[i:i + 3, j:j + 3])
                    for i in range(x.shape[0] - 2) for j in range(x.shape[1] - 2)])


@pytest.mark.parametrize('feature', ['pixel', 'gradient'])
def test_the_definition_window_by_window(trio, feature):
    fused, sources = trio
    cut = (slice(15, 40), slice(30, 50))
    fused, sources = fused[cut], [s[cut] for s in sources]
    sources[0] = np.where(np.mgrid[:25, :20][0] < 6, 9, sources[0]).astype(np.uint8)  # some flat windows
    features = [np.gradient(x.astype(float), axis=1) if feature == 'gradient' else x for x in (fused, *sources)]
    expected = np.mean([by_window(s, features[0]) for s in features[1:]])
    assert fmi(fused, sources, feature) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize('feature', ['pixel', 'gradient', 'wavelet'])
def test_identical_images_share_everything(trio, feature):
    fused, _ = trio
    assert fmi(fused, (fused, fused), feature) == pytest.approx(1)


def test_a_single_bright_pixel_is_a_point_mass():
    """All mass of a window in one place: no spread, no entropy, nothing to share."""
    x, y = np.zeros((3, 3), np.uint8), np.zeros((3, 3), np.uint8)
    x[0, 0], y[2, 1] = 9, 7
    assert fmi(x, (y,)) == 0


def test_unknown_feature(trio):
    with pytest.raises(ValueError, match="feature must be one of .* got 'dct'"):
        fmi(*trio, 'dct')
