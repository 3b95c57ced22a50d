import cv2
import numpy as np
import pytest
from skimage import data

from drfuse.estimation.blur_features import _noise_gains, _slope_energy, blur_features, middle


@pytest.fixture(scope='module')
def plane():
    return np.float32(data.camera()) / 255


def test_contrast_and_brightness_do_not_matter(plane):
    np.testing.assert_allclose(blur_features(plane * 0.5 + 0.2, 0.005), blur_features(plane, 0.01), atol=0.1)


def test_the_part_of_the_noise_is_removed(plane):
    rng = np.random.default_rng(0)
    plane = cv2.GaussianBlur(plane, (0, 0), 2.0)
    noisy = plane + rng.normal(0, 0.04, plane.shape).astype(np.float32)
    clean = blur_features(plane, 0.0)[:5]
    assert np.abs(blur_features(noisy, 0.04)[:5] - clean).max() < 0.02
    assert np.abs(blur_features(noisy, 0.0)[:5] - clean).max() > 0.1


def test_gains_are_the_energy_of_white_noise():
    noise = np.random.default_rng(0).standard_normal((400, 400)).astype(np.float32)
    for scale, gain in _noise_gains().items():
        assert _slope_energy(noise, scale).mean() == pytest.approx(gain, rel=0.1)


def test_features_are_finite_and_of_one_length():
    shapes = [(16, 16), (33, 64), (200, 300)]
    images = [np.zeros(s, np.float32) for s in shapes] + [np.random.default_rng(0).random(s) for s in shapes]
    found = [blur_features(image, 0.01) for image in images]
    assert {f.shape for f in found} == {found[0].shape}
    assert all(np.isfinite(f).all() for f in found)


def test_a_large_image_is_judged_by_its_middle():
    image = np.arange(3000 * 20).reshape(3000, 20)
    part = middle(image)
    assert part.shape == (1024, 20)
    assert part[0, 0] == image[988, 0]
