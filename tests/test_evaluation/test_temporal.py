"""Flicker of static scenes."""

import numpy as np
import pytest

from drfuse.evaluation.temporal import flicker


def test_flicker_is_the_noise_of_a_static_scene():
    rng = np.random.default_rng(0)
    scene, noise = rng.uniform(0, 1, (40, 50)), rng.normal(0, 0.05, (30, 40, 50))
    assert flicker(scene + n for n in noise) == pytest.approx(0.05, rel=0.02)
    assert flicker([scene] * 3) == 0
    assert flicker([scene, scene + 0.2]) == pytest.approx(0.2 / np.sqrt(2))


def test_moving_places_are_left_out():
    frames, static = np.zeros((4, 6, 6)), np.ones((6, 6), bool)
    frames[::2, 0], static[0] = 1, False
    assert flicker(frames) > 0.1 and flicker(frames, static) == 0


@pytest.mark.parametrize(('frames', 'static', 'text'), [
    (np.zeros((1, 2, 2)), None, 'at least 2 frames, got 1'), ([np.zeros((2, 2)), np.zeros((2, 3))], None, 'one size'),
    (np.zeros((2, 2, 2)), np.zeros((2, 2)), 'no pixel is static')])
def test_mistakes_are_named(frames, static, text):
    with pytest.raises(ValueError, match=text):
        flicker(frames, static)
