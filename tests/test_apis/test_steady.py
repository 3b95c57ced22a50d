"""Averaging over time: noise goes, what moves stays."""

import numpy as np
import pytest

from drfuse.apis.steady import GAIN, steadied
from drfuse.evaluation.temporal import flicker


def clip(count, dtype=np.uint8, sigma=6.0):
    """A flat scene with noise in which a square moves by 4 pixels a frame."""
    rng = np.random.default_rng(0)
    for i in range(count):
        frame = 100 + sigma * rng.standard_normal((60, 80, 3))
        frame[20:32, 4 * i:4 * i + 12] += 100
        yield np.clip(frame.round(), 0, 255).astype(dtype)


def run(frames):
    previous = None
    for i, frame in enumerate(frames):
        previous = steadied(frame, previous, i)
        yield previous


def test_static_noise_is_averaged():
    static = np.zeros((60, 80), bool)
    static[40:] = True
    single, steady = (flicker(list(frames)[6:], static) for frames in (clip(20), run(clip(20))))
    assert steady == pytest.approx(single * np.sqrt(GAIN / (2 - GAIN)), rel=0.1)


def test_what_moves_leaves_no_trace():
    frames, results = list(clip(8)), list(run(clip(8)))
    for i, (frame, result) in enumerate(zip(frames, results, strict=True)):
        square = (slice(20, 32), slice(4 * i, 4 * i + 12))
        assert abs(float(result[square].mean()) - float(frame[square].mean())) < 2
        behind = result[20:32, :max(4 * i - 1, 0)]
        assert behind.size == 0 or abs(float(behind.mean()) - 100) < 2


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16, np.float32])
def test_type_is_kept_and_equal_frames_do_not_change(dtype):
    frame = next(clip(1, dtype))
    result = steadied(frame, frame)
    assert result.dtype == dtype and np.array_equal(result, frame)


def test_the_first_frame_and_frames_of_another_form_are_kept():
    frame = next(clip(1))
    assert steadied(frame, None) is frame and steadied(frame, frame[:10]) is frame


@pytest.mark.parametrize('level', [100, 100.25, 100.5])
@pytest.mark.parametrize('sigma', [0.5, 1, 2, 4, 8])
def test_a_static_scene_keeps_its_brightness(level, sigma):
    rng = np.random.default_rng(0)
    frames = [np.round(level + sigma * rng.standard_normal((96, 96))).astype(np.uint8) for _ in range(24)]
    results = list(run(frames))[8:]
    assert np.mean(results) == pytest.approx(np.mean(frames[8:]), abs=0.03)


@pytest.mark.parametrize('shape', [(60, 80), (60, 80, 3)])
def test_a_level_more_is_followed_as_a_level_less(shape):
    before = np.full(shape, 100, np.uint8)
    change = np.random.default_rng(0).integers(-1, 2, shape[:2]).reshape(60, 80, *([1] * (len(shape) - 2)))
    frame = (before + change).astype(np.uint8)
    first = steadied(frame, before, 0)
    both = np.broadcast_to(change, shape)
    shares = [(first == frame)[both == step].mean() for step in (-1, 1)]
    assert shares == pytest.approx([0.5, 0.5], abs=0.1)
    assert np.array_equal(steadied(frame, first, 1), frame)  # what waited has its turn


def test_grey_stays_grey():
    frames = [np.repeat(frame[..., :1], 3, -1) for frame in clip(6)]
    assert all((result == result[..., :1]).all() for result in run(frames))
