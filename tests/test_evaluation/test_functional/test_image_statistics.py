import numpy as np
import pytest
import torch

from drfuse.evaluation.functional import ag, en, sd, sf


def test_numpys_values(trio):
    x = trio[0]
    f = x.astype(float)
    gy, gx = np.gradient(f)
    h, w = x.shape
    counts = np.bincount(x.ravel(), minlength=256) / x.size
    assert en(x) == pytest.approx(-sum(p * np.log2(p) for p in counts if p), rel=1e-13)
    assert sd(x) == pytest.approx(f.std(), rel=1e-13)
    assert ag(x) == pytest.approx(np.sqrt((gx**2 + gy**2) / 2).sum() / ((h - 1) * (w - 1)), rel=1e-13)
    assert sf(x) == pytest.approx(np.sqrt(((np.diff(f, axis=1)**2).sum() + (np.diff(f, axis=0)**2).sum()) / x.size),
                                  rel=1e-13)


def test_known_values():
    ramp = np.tile(np.arange(0, 256, 2, dtype=np.uint8), (64, 1))
    assert en(ramp) == pytest.approx(7)
    assert ag(ramp) == pytest.approx(np.sqrt(2) * 64 * 128 / (63 * 127))
    assert sf(ramp) == pytest.approx(np.sqrt(4 * 127 / 128))
    assert sd(ramp) == pytest.approx(2 * np.sqrt((128**2 - 1) / 12))


@pytest.mark.parametrize('metric', [en, sd, ag, sf])
def test_a_constant_image_has_none_and_noise_raises_it(metric, trio):
    flat = np.full((40, 40), 90, np.uint8)
    noise = np.random.default_rng(0).integers(-20, 21, trio[0].shape)
    assert metric(flat) == 0
    assert metric((trio[0] + noise).clip(0, 255).astype(np.uint8)) > metric(trio[0])
    assert metric(torch.from_numpy(np.stack([trio[0]] * 2)))[1] == pytest.approx(metric(trio[0]), rel=1e-12)
