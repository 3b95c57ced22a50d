"""Shifts between sensors are found, and nothing is claimed where nothing can be told."""

import cv2
import numpy as np
import pytest
import torch

from drfuse.apis.registration import Shift, _scores, measure_shift, moved
from drfuse.datasets.embedded import EmbeddedPairs
from drfuse.degradations import AveragePool


@pytest.fixture(scope='module')
def pair():
    """Infrared and visible luminance, 192 x 256."""
    scenes = EmbeddedPairs(task='ivf', split='test', num=1, size=(192, 256))
    images = scenes.render(scenes.stems[0])
    return images['ir'].astype(float) / 255, cv2.cvtColor(images['vis'], cv2.COLOR_RGB2GRAY).astype(float) / 255


def test_registered_pair_is_quiet(pair):
    shift = measure_shift(*pair)
    assert not shift.is_worth_a_warning and shift.length < 3


@pytest.mark.parametrize(('dx', 'dy'), [(6, 0), (0, -5), (-8, 7)])
@pytest.mark.parametrize('noise', [0, 0.05])
def test_shift_is_found_across_sensors(pair, dx, dy, noise):
    ir, vis = pair
    away = moved(ir, -dx, -dy) + noise * np.random.default_rng(0).standard_normal(ir.shape)
    shift = measure_shift(away, vis)
    assert shift.is_worth_a_warning and np.hypot(shift.dx - dx, shift.dy - dy) <= 1.5
    back = measure_shift(moved(away, int(shift.dx), int(shift.dy)), vis)
    assert not back.is_worth_a_warning


def test_reversed_tones_and_low_resolution(pair):
    _, vis = pair
    shift = measure_shift(1 - moved(vis, 8, 0)[::2, ::2], vis)
    assert shift.is_worth_a_warning and abs(shift.dx + 8) <= 1.5 and abs(shift.dy) <= 1.5


def test_large_pictures_are_measured_in_their_own_pixels(pair):
    _, vis = pair
    large = cv2.resize(vis, (2048, 1536), interpolation=cv2.INTER_CUBIC)
    shift = measure_shift(moved(large, 40, -20), large)
    assert shift.scale == 2 and abs(shift.dx + 40) <= 2 and abs(shift.dy - 20) <= 2


@pytest.mark.parametrize('image', [np.zeros((200, 200)), np.zeros((60, 200))], ids=['flat', 'small'])
def test_nothing_can_be_told(image):
    assert measure_shift(image, image) is None
    rng = np.random.default_rng(0)
    other = measure_shift(rng.random((200, 200)), rng.random((200, 200)))
    assert not other.is_worth_a_warning


def test_scores_are_correlation_coefficients():
    image = cv2.GaussianBlur(np.random.default_rng(0).random((50, 61)).astype(np.float32), (0, 0), 2)
    part = image[8:-8, 8:-8] + 0.1 * image[:-16, 16:]
    places = np.lib.stride_tricks.sliding_window_view(image, part.shape)
    expected = [[np.corrcoef(place.ravel(), part.ravel())[0, 1] for place in row] for row in places]
    np.testing.assert_allclose(_scores(image, part), expected, atol=1e-6)
    image[:-10] = 1
    scores = _scores(image, part)
    assert not scores[:7].any() and np.isfinite(scores).all()


def test_move_repeats_the_edge():
    image = np.arange(12).reshape(3, 4)
    np.testing.assert_array_equal(moved(image, 1, 0)[0], [0, 0, 1, 2])
    np.testing.assert_array_equal(moved(image, 0, -1)[:, 0], [4, 8, 8])
    assert moved(np.zeros((3, 4, 2)), 2, 1).shape == (3, 4, 2)


def test_small_shifts_are_moved_but_not_told():
    small = Shift(1, 1, 0.1, 0.1)
    assert small.is_reliable and not small.is_worth_a_warning and not Shift(9, 0, 0.001, 0.2).is_reliable


@pytest.mark.parametrize('factor', [4, 8])
def test_a_picture_lies_on_its_own_cells_whatever_the_size(pair, factor):
    """Cells that are cut at the far end do not stretch the picture of low resolution."""
    whole = pair[1][:185, :249]
    small = AveragePool(factor).forward(torch.from_numpy(whole)[None, None], {})[0, 0].numpy()
    shift = measure_shift(small, whole)
    assert abs(shift.dx) <= 1 and abs(shift.dy) <= 1 and not shift.is_worth_a_warning
