import numpy as np
import pytest

from drfuse.datasets.synthetic import scene_objects
from drfuse.datasets.synthetic.canvas import Canvas

DRAW = dict(vehicle=lambda c, spot: scene_objects.vehicle(c, spot, 40, .9),
            person=lambda c, spot: scene_objects.person(c, spot, 40),
            tree=lambda c, spot: scene_objects.tree(c, spot, 40, (.2, .3, .1)),
            pole=lambda c, spot: scene_objects.pole(c, spot, 40, .9))


@pytest.mark.parametrize('name', list(DRAW))
def test_things_show_in_both_pictures_at_their_place(name):
    canvas = Canvas((64, 96), np.random.default_rng(1))
    DRAW[name](canvas, (56, 40))
    for picture in (canvas.ir, canvas.vis.max(-1)):
        rows, columns = np.nonzero(picture > .02)
        assert len(rows) > 30
        assert columns.min() >= 0
        assert abs(np.median(columns) - 40) < 12
        assert rows.min() < 40


@pytest.mark.parametrize('name', list(DRAW))
def test_things_outside_are_left_out(name):
    canvas = Canvas((64, 96), np.random.default_rng(1))
    DRAW[name](canvas, (56, 4000))
    assert canvas.vis.max() == canvas.ir.max() == 0


def test_persons_are_warm_and_glass_is_cold():
    canvas = Canvas((64, 96), np.random.default_rng(2))
    canvas.ir += .4
    scene_objects.person(canvas, (60, 20), 50)
    assert canvas.ir[:, :40].max() > .75
    scene_objects.vehicle(canvas, (60, 70), 40, 0)
    assert canvas.ir[:, 45:].min() < .2
