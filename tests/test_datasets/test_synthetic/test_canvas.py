import numpy as np

from drfuse.datasets.synthetic.canvas import Canvas, tinted


def canvas():
    return Canvas((40, 60), np.random.default_rng(0))


def test_a_patch_is_cut_at_the_border_and_none_outside():
    c = canvas()
    p = c.patch((39, 5), 20, (1, 1, .5))
    assert (p.window[0].stop, p.window[1].start) == (40, 0)
    assert p.x.shape[1] == p.window[1].stop
    assert c.patch((200, 5), 20, (1, 1, .5)) is None


def test_shapes_cover_their_area():
    p = canvas().patch((35, 30), 30, (.9, 1, .1))
    box = p.box(-.5, .5, .2, .6)
    assert abs(box.sum() * p.pixel ** 2 - .4) < .02
    disc = p.disc(0, .5, .3, .3)
    assert abs(disc.sum() * p.pixel ** 2 - np.pi * .09) < .03
    glow = p.glow(0, .5, .3)
    assert glow.max() > .95
    assert glow[:, 0].max() == 0


def test_paint_changes_the_pictures_named():
    c = canvas()
    mask = np.ones((40, 60), np.float32)
    c.paint(mask, (.2, .3, .4), None)
    assert np.allclose(c.vis[5, 5], [.2, .3, .4])
    assert c.ir.max() == 0
    c.paint(mask, None, .5)
    assert c.ir.min() == .5


def test_rolled_noise_has_the_same_values():
    c = canvas()
    assert np.array_equal(np.sort(c.noise(c.fine), None), np.sort(c.fine, None))


def test_tint_keeps_the_mean_colour():
    texture = np.array([[-1, 1]], np.float32)
    assert np.allclose(tinted(texture, (.5, .2, .1), .3).mean((0, 1)), [.5, .2, .1])
