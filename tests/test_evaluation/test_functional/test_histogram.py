import numpy as np
import pytest
import torch
from scipy.stats import entropy as scipy_entropy

from drfuse.evaluation.functional.histogram import JointHistogram, entropy, histogram, round_half_up, stretch


def random(seed, shape=(40, 50)):
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def test_halves_go_up_and_the_largest_number_below_a_half_does_not():
    assert round_half_up(np.array([0.5, 1.5, 2.5, 0.49999999999999994, 2.4])).tolist() == [1, 2, 3, 0, 2]


@pytest.mark.parametrize('convert', [np.asarray, torch.from_numpy])
def test_stretch(convert):
    x = convert(np.array([[[10., 20], [30, 11]], [[7, 7], [7, 7]]]))
    np.testing.assert_array_equal(stretch(x), [[[0, 128], [255, 13]], [[0, 0], [0, 0]]])


def test_entropies_are_scipys():
    x, y = random(1), random(2) // 8
    h = JointHistogram(x, y)
    joint = np.histogram2d(x.ravel(), y.ravel(), 256, [[0, 256], [0, 256]])[0].ravel()
    assert h.entropy_x == pytest.approx(scipy_entropy(np.bincount(x.ravel()), base=2), rel=1e-14)
    assert h.entropy_y == pytest.approx(scipy_entropy(np.bincount(y.ravel()), base=2), rel=1e-14)
    assert h.joint_entropy == pytest.approx(scipy_entropy(joint, base=2), rel=1e-14)
    assert h.information == pytest.approx(h.entropy_x + h.entropy_y - h.joint_entropy)


def test_batches_are_counted_image_by_image():
    images = np.stack([random(3), random(4)])
    batch = JointHistogram(torch.from_numpy(images), torch.from_numpy(images[::-1].copy()))
    for i in range(2):
        single = JointHistogram(images[i], images[1 - i])
        np.testing.assert_array_equal(batch.joint[i], single.joint)
    np.testing.assert_array_equal(histogram(torch.from_numpy(images))[1], histogram(images[1]))


def test_entropy_of_a_constant_image_is_exactly_zero():
    flat = np.full((37, 41), 77, np.uint8)
    h = JointHistogram(flat, random(5, (37, 41)))
    assert h.entropy_x == 0 and abs(h.information) < 1e-12
    assert entropy(np.array([0., 1, 0])) == 0
    assert not np.signbit(entropy(np.array([0., 1, 0])))  # -0.0 would be printed
