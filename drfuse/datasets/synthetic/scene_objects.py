"""Things that stand in a road scene: vehicles, persons, trees, poles."""

from __future__ import annotations

import numpy as np

from drfuse.datasets.synthetic.canvas import Canvas, Colour, Patch, tinted
from drfuse.datasets.synthetic.textures import smoothstep

_PAINTS: tuple[Colour, ...] = ((.75, .76, .78), (.12, .12, .13), (.45, .46, .48), (.55, .08, .07), (.1, .18, .42),
                               (.62, .58, .48), (.9, .9, .9), (.2, .3, .24))
_CLOTHES: tuple[Colour, ...] = ((.1, .1, .13), (.45, .12, .1), (.16, .2, .4), (.5, .48, .42), (.14, .26, .17),
                                (.65, .64, .62))


def _one_of(rng: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    colour = colours[int(rng.integers(len(colours)))]
    return tuple(float(np.clip(c * rng.uniform(.85, 1.15), 0, 1)) for c in colour)  # type: ignore[return-value]


def vehicle(canvas: Canvas, foot: tuple[float, float], height: float, night: float) -> None:
    """Draw a car or van seen from behind or ahead.

    Visible: paint, glass and lights. Infrared: cold glass, warm bonnet, hot wheels and underside, and a
    warm reflection on the road.
    """
    rng = canvas.rng
    p = canvas.patch(foot, height, (1.1, 1.1, .45))
    if p is None:
        return
    half, van = rng.uniform(.6, .7), rng.random() < .25
    shoulder, ahead, running = (.62 if van else .56), rng.random() < .5, rng.random() < .7
    texture = canvas.fine[p.window]
    shade = .75 + .35 * np.clip(p.y, 0, 1) + .015 * texture
    paint = np.asarray(_one_of(rng, _PAINTS), np.float32) * shade[..., None]
    warmth = .32 + .12 * rng.random() + .012 * texture
    under = np.exp(-(np.clip(-p.y, 0, 1) / .16) ** 2) * p.box(-half * 1.1, half * 1.1, -.45, .05, .05)
    canvas.paint(under * .8, (.04, .04, .045), None, p.window)
    canvas.ir[p.window] += under * (.28 if running else .1)
    for side in (-1, 1):
        wheel = p.box(side * half * .88 - .09, side * half * .88 + .09, -.01, .26, .04)
        canvas.paint(wheel, (.05, .05, .055), .8 if running else .5, p.window)
    canvas.paint(p.box(-half, half, .12, shoulder, .09), paint, warmth, p.window)
    roof = half * (.92 if van else .74)
    slope = roof + (half - roof) * np.clip((1 - p.y) / (1 - shoulder), 0, 1)
    cabin = np.clip(.5 - (np.abs(p.x) - slope) / p.pixel, 0, 1) * p.box(-half, half, shoulder - .05, 1, .06)
    canvas.paint(cabin, paint * .95, warmth - .03, p.window)
    glass = cabin * p.box(-roof * .88, roof * .88, shoulder + .02, .93, .07)
    sheen = .12 + .5 * smoothstep(-.2, 1.2, p.y + .4 * p.x) * (1 - night)
    canvas.paint(glass, np.stack([sheen * .85, sheen * .95, sheen], -1), .1 + .06 * np.clip(p.y, 0, 1), p.window)
    _front(canvas, p, half, ahead, running, night)


def _front(canvas: Canvas, p: Patch, half: float, ahead: bool, running: bool, night: float) -> None:
    """Draw bumper, plate, grille and lights."""
    rng = canvas.rng
    canvas.paint(p.box(-half * .98, half * .98, .13, .24, .04), (.09, .09, .1), .42 if running else .3, p.window)
    plate: Colour = (.1, .2, .6) if rng.random() < .5 else (.8, .8, .74)
    canvas.paint(p.box(-.15, .15, .25, .33), plate, .3, p.window)
    letters = (np.sin(p.x * 150) > .1) * p.box(-.12, .12, .27, .31)
    canvas.paint(letters, (.9, .9, .9) if plate[2] > plate[0] else (.1, .1, .1), None, p.window)
    if ahead:
        ribs = .5 + .5 * np.sin(p.y * 110)
        grille = p.box(-half * .5, half * .5, .34, .46, .03)
        canvas.paint(grille, tinted(ribs, (.08, .08, .09), 1.5), (.62 if running else .36) + .1 * ribs, p.window)
    lit = night > .4 and running
    colour: Colour = (1, .93, .75) if ahead else (1, .12, .06)
    for side in (-1, 1):
        x = side * half * .8
        canvas.paint(p.box(x - .1, x + .1, .38, .47, .03), colour if lit else (.62, .3, .28) if not ahead else
                     (.75, .77, .8), .5 if lit else .28, p.window)
        if lit:
            canvas.shine(p.glow(x, .42, .22) * 1.1 + p.glow(x, .42, .55) * .35, colour, p.window)
            canvas.shine(np.exp(-((p.x - x) / .1) ** 2) * smoothstep(.02, -.1, p.y) * .3, colour, p.window)


def person(canvas: Canvas, foot: tuple[float, float], height: float) -> None:
    """Draw a walking or standing person: dull clothes in the visible, bright in the infrared."""
    rng = canvas.rng
    p = canvas.patch(foot, height, (.4, 1.08, .05))
    if p is None:
        return
    top, trousers = _one_of(rng, _CLOTHES), _one_of(rng, _CLOTHES)
    step, texture = rng.uniform(.02, .11), canvas.fine[p.window]
    heat = rng.uniform(.72, .9)
    for side in (-1, 1):
        swing = np.clip(.48 - p.y, 0, .48) / .48 * step * side
        leg = np.clip(.5 - (np.abs(p.x - side * .045 - swing) - .05) / p.pixel, 0, 1) * p.box(-.4, .4, 0, .5, .01)
        canvas.paint(leg, tinted(texture, trousers, .12), heat - .14 + .05 * texture, p.window)
        arm = np.clip(.5 - (np.abs(p.x - side * (.13 + .06 * (.8 - p.y))) - .03) / p.pixel, 0, 1)
        canvas.paint(arm * p.box(-.4, .4, .44, .8, .02), tinted(texture, top, .12), heat - .08, p.window)
    torso = p.box(-.125, .125, .44, .83, .07)
    canvas.paint(torso, tinted(texture + 2 * (p.x + p.y * .3), top, .15), heat - .06 + .04 * texture, p.window)
    canvas.paint(p.box(-.035, .035, .8, .88), (.5, .36, .28), heat + .06, p.window)
    canvas.paint(p.disc(0, .915, .062, .082), (.55, .4, .31), heat + .1, p.window)
    canvas.paint(p.disc(0, .955, .064, .055), (.1, .08, .07), heat - .12, p.window)


def tree(canvas: Canvas, foot: tuple[float, float], height: float, green: Colour) -> None:
    """Draw a trunk and a crown of leaves with gaps; its infrared texture is another than the visible one."""
    rng = canvas.rng
    p = canvas.patch(foot, height, (.62, 1.1, .02))
    if p is None:
        return
    lean = rng.normal(0, .04)
    bark = canvas.fine[p.window]
    trunk = np.clip(.5 - (np.abs(p.x - lean * p.y) - .035 * (1.25 - p.y)) / p.pixel, 0, 1) * (p.y > 0) * (p.y < .8)
    canvas.paint(trunk, tinted(bark, (.24, .18, .13), .25), .42 + .04 * bark, p.window)
    clumps, leaves = canvas.noise(canvas.leaves)[p.window], canvas.noise(canvas.fine)[p.window]
    crown = 1 - np.hypot((p.x - lean) / rng.uniform(.38, .52), (p.y - .68) / rng.uniform(.3, .38))
    mask = smoothstep(-.05, .12, crown * .8 + .13 * clumps + .05 * leaves)
    light = .62 + .5 * np.clip(p.y - .35, 0, 1) + .22 * clumps + .24 * leaves
    warmth = .4 + .06 * canvas.noise(canvas.leaves)[p.window] + .02 * canvas.noise(canvas.fine)[p.window]
    canvas.paint(mask, np.asarray(green, np.float32) * np.clip(light, .1, 2)[..., None], warmth, p.window)


def pole(canvas: Canvas, foot: tuple[float, float], height: float, night: float) -> None:
    """Draw a street lamp or a sign post."""
    rng = canvas.rng
    p = canvas.patch(foot, height, (.7, 1.4, .02))
    if p is None:
        return
    side = 1 if foot[1] < canvas.size[1] / 2 else -1
    metal = tinted(canvas.fine[p.window], (.3, .31, .32), .12)
    canvas.paint(p.box(-.012, .012, 0, 1), metal, .3, p.window)
    if rng.random() < .6:
        canvas.paint(p.box(min(0, side * .3), max(0, side * .3), .975, 1), metal, .3, p.window)
        lamp = (side * .28, .965)
        canvas.paint(p.disc(*lamp, .07, .025), (1, .95, .8) if night > .4 else (.5, .5, .5), .5, p.window)
        if night > .4:
            canvas.shine(p.glow(*lamp, .14) + .35 * p.glow(*lamp, .38), (1, .8, .45), p.window)
        return
    colour: Colour = ((.7, .08, .07), (.08, .2, .55), (.85, .7, .1))[int(rng.integers(3))]
    canvas.paint(p.disc(0, .88, .1, .1), (.9, .9, .88), .34, p.window)
    canvas.paint(p.disc(0, .88, .085, .085), colour, .33, p.window)
    canvas.paint(p.box(-.06, .06, .86, .9), (.95, .95, .95), None, p.window)
