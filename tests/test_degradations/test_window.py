"""Windows: cutting, growing, and what of an observation shows them."""

import pytest
import torch

from drfuse.degradations import Window
from drfuse.degradations.window import spread_windows


def test_cutting_and_growing():
    image = torch.arange(48).view(1, 1, 6, 8)
    window = Window(1, 4, 2, 6)
    assert window.shape == (3, 4)
    assert torch.equal(window.cut(image), image[..., 1:4, 2:6])
    outer = window.grown(3, (6, 8))
    assert outer == (0, 6, 0, 8) == Window.whole((6, 8))
    near = window.grown(1, (6, 8))
    assert torch.equal(window.inside(near).cut(near.cut(image)), window.cut(image))


def test_the_observed_window_ends_with_the_observation():
    assert Window(3, 10, 0, 6).observed(3, (10, 11), (4, 4)) == (1, 4, 0, 2)
    assert Window(3, 9, 0, 11).observed(3, (10, 11), (3, 3)) == (1, 3, 0, 3)  # border cells dropped


@pytest.mark.parametrize(('window', 'text'), [
    (Window(0, 11, 0, 6), 'is not inside an image'),
    (Window(4, 4, 0, 6), 'is not inside an image'),
    (Window(1, 9, 0, 6), 'must start and end on multiples of 3'),
    (Window(0, 8, 0, 6), 'must start and end on multiples of 3'),
])
def test_windows_that_do_not_fit_are_refused(window, text):
    with pytest.raises(ValueError, match=text):
        window.observed(3, (10, 12), (4, 4))


def test_spread_windows_touch_the_borders_and_stay_inside():
    windows = spread_windows((100, 47), 3, 16, 4)
    assert len(windows) == 9
    assert {w.top for w in windows} == {0, 40, 84} and max(w.bottom for w in windows) == 100
    assert max(w.right for w in windows) == 47 and all(w.left % 4 == 0 for w in windows)
    assert spread_windows((10, 12), 3, 16, 4) == [Window(0, 10, 0, 12)]
