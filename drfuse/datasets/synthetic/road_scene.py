"""A street: infrared and colour pictures of the same place, by day, dusk or night."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from drfuse.datasets.synthetic.canvas import Canvas, Colour, tinted
from drfuse.datasets.synthetic.scene_objects import person, pole, tree, vehicle
from drfuse.datasets.synthetic.textures import Array, Size, blur, smoothstep, soft, to_uint8

_WALLS: tuple[Colour, ...] = ((.6, .52, .43), (.52, .34, .27), (.62, .62, .6), (.42, .43, .46), (.7, .66, .55))
_GREENS: tuple[Colour, ...] = ((.2, .29, .12), (.15, .24, .12), (.28, .3, .13), (.34, .27, .12))
_SIGNS: tuple[Colour, ...] = ((.85, .1, .15), (.1, .35, .75), (.95, .75, .1), (.1, .6, .35), (.9, .9, .9))


@dataclass
class Place:
    """What the parts of a scene have in common.

    Attributes:
        horizon: Row of the vanishing point. centre: Column of it.
        night: 0 = day, 1 = night.
        haze: Colour of the air.
    """

    horizon: float
    centre: float
    night: float
    haze: Colour


def draw_road_scene(size: Size, rng: np.random.Generator) -> dict[str, Array]:
    """Draw a registered pair of street pictures.

    Args:
        size: (H, W).
        rng: Source of everything random.

    Returns:
        ``ir`` (H, W) and ``vis`` (H, W, 3), uint8.
    """
    canvas = Canvas(size, rng)
    night = float(rng.choice([0, 0, .5, 1]) + rng.uniform(-.1, .1)) * .9
    grey = rng.uniform(.55, .8) * (1 - .85 * max(night, 0))
    place = Place(size[0] * rng.uniform(.36, .5), size[1] * rng.uniform(.35, .65), max(night, 0),
                  (grey * .93, grey * .97, grey))
    _sky(canvas, place)
    _tree_line(canvas, place)
    _road(canvas, place)
    for side in (-1, 1):
        if rng.random() < .75:
            _street_front(canvas, place, side)
    _things(canvas, place)
    return _develop(canvas, place)


def _sky(canvas: Canvas, place: Place) -> None:
    """Bright and blue above, or dark; cold in the infrared."""
    height = np.clip(canvas.y / place.horizon, 0, 1)
    clouds = smoothstep(-.6, 1.4, canvas.coarse)
    blue = np.array([.36, .52, .78], np.float32) * (1 - .88 * place.night)
    air = np.asarray(place.haze, np.float32)
    cover = (np.clip(height + .75 * clouds, 0, 1))[..., None]
    canvas.vis += blue + (air - blue) * cover
    canvas.ir += .06 + .07 * height + .035 * clouds


def _tree_line(canvas: Canvas, place: Place) -> None:
    """Far trees or hills along the horizon, washed out by the air."""
    rng = canvas.rng
    for distance in (.75, .35):
        ridge = canvas.noise(canvas.coarse)[:1] * 9 + canvas.noise(canvas.leaves)[:1] * 3
        top = place.horizon - (rng.uniform(6, 30) + ridge) * canvas.unit
        mask = soft(top - canvas.y + canvas.noise(canvas.fine) * 1.6, 1.5) * (canvas.y < place.horizon + 4)
        leaves = canvas.noise(canvas.leaves) * .6 + canvas.noise(canvas.fine) * .6
        near = np.asarray(_GREENS[int(rng.integers(len(_GREENS)))], np.float32) * (1 - .7 * place.night)
        colour = near + (np.asarray(place.haze, np.float32) - near) * distance
        canvas.paint(mask, tinted(leaves, tuple(colour), .3 * (1 - distance)),
                     .34 + .05 * canvas.noise(canvas.leaves) + .04 * canvas.noise(canvas.fine))


def _road(canvas: Canvas, place: Place) -> None:
    """Asphalt with lane marks, kerb and verge in perspective."""
    rng = canvas.rng
    rows = slice(min(int(place.horizon), canvas.size[0] - 2), None)
    below = np.maximum(canvas.y[rows] - place.horizon, .3)
    depth = 60 * canvas.unit / below
    across = (canvas.x - place.centre) / below
    window = (rows, slice(None))
    fine, coarse, leaves = canvas.fine[rows], canvas.coarse[rows], canvas.leaves[rows]
    tone = rng.uniform(.26, .42)
    asphalt = tinted(.09 * fine + .1 * coarse, (tone, tone, tone * 1.03), 1.0)
    tracks = sum(np.exp(-((np.abs(across) - at) / .13) ** 2) for at in (.45, 1.15))
    warm = .46 + .05 * coarse + .025 * fine + .08 * tracks - .1 * np.clip(depth / 8, 0, 1)
    canvas.paint(np.ones_like(fine), asphalt, warm, window)
    edge = rng.uniform(1.7, 2.6)
    pixel = 1 / below
    lines = [(0.0, True), (edge * .93, False), (-edge * .93, False)]
    for at, dashed in lines:
        mark = soft(np.abs(across - at) - .05, pixel)
        if dashed:
            mark = mark * smoothstep(-.1, .1, np.sin(depth * 3.2 + rng.uniform(0, 6)))
        worn = smoothstep(-1.6, .2, fine + coarse)
        canvas.paint(mark * worn, (.78, .78, .74), warm - .07, window)
    if rng.random() < .5:
        near, far = sorted((rng.uniform(.35, 1.1), rng.uniform(.35, 1.1)))
        bars = smoothstep(-.2, .2, np.sin(across * 16)) * (depth > near) * (depth < far + .15) * (np.abs(across) < edge)
        canvas.paint(bars * smoothstep(-1.8, 0, fine), (.75, .75, .73), warm - .06, window)
    outside = soft(edge - np.abs(across), pixel)
    kerb = soft(np.abs(np.abs(across) - edge - .06) - .06, pixel)
    joints = 1 - .35 * soft(np.abs(np.sin(depth * 9)) - .08, .1)
    paving = tinted(.08 * fine, (.5, .48, .45), 1.0) * joints[..., None]
    canvas.paint(outside, paving, .42 + .03 * fine + .03 * coarse, window)
    if rng.random() < .6:
        verge = soft(edge + .7 - np.abs(across) + .12 * leaves, pixel * 2)
        canvas.paint(verge, tinted(.35 * fine + .3 * leaves, _GREENS[0], 1.0), .36 + .05 * leaves + .04 * fine, window)
    canvas.paint(kerb, (.6, .6, .58), .36, window)


def _street_front(canvas: Canvas, place: Place, side: int) -> None:
    """A row of houses along the street, in perspective, with windows, ledges and shop signs."""
    rng = canvas.rng
    middle = int(place.centre)
    columns = slice(0, middle) if side < 0 else slice(middle, None)
    offset = np.maximum((canvas.x[:, columns] - place.centre) * side, 3.0)
    along = 2.2 * canvas.size[1] / offset
    above = (place.horizon - canvas.y) / offset
    house = np.floor(np.minimum(along, 40) * rng.uniform(.28, .45) + rng.uniform(0, 1)).astype(int)[0]
    starts = [0, *(np.flatnonzero(np.diff(house)) + 1), house.size]
    walls = np.zeros((*above.shape, 3), np.float32)
    warm = np.zeros_like(above)
    top = np.zeros_like(offset)
    for start, stop in pairwise(starts):
        own = (slice(None), slice(start, stop))
        top[own] = rng.uniform(.55, 1.6)
        factor, colour, warmth = _facade(canvas, along[own], above[own], 1 / offset[own], place.night)
        walls[own] = np.asarray(_WALLS[int(rng.integers(len(_WALLS)))], np.float32) * factor + colour
        warm[own] = rng.uniform(.3, .44) + warmth
    pixel, window = 1 / offset, (slice(None), columns)
    mask = soft(above - top, pixel) * soft(-above - 1 / rng.uniform(2.3, 3.2), pixel)
    far = np.clip(along / 60, 0, .7)[..., None]
    grain = canvas.fine[window] * .05 + canvas.noise(canvas.coarse)[window] * .06
    walls = walls * (1 + grain)[..., None] * (1 - far) + np.asarray(place.haze, np.float32) * far
    canvas.paint(mask, walls, warm + .015 * canvas.leaves[window] + .03 * canvas.coarse[window], window)


def _facade(canvas: Canvas, along: Array, above: Array, pixel: Array, night: float) -> tuple[Array, Array, Array]:
    """Return reflectance factor (h, w, 1), added colour (h, w, 3) and added warmth (h, w) of one house."""
    rng = canvas.rng
    columns, floors = rng.uniform(1.6, 2.8), rng.uniform(5, 8)
    u, v = along * columns, above * floors + .35
    cell = np.floor(u) * 57 + np.floor(v) * 131 + int(rng.integers(1000))
    chance = np.abs(np.sin(cell * 12.9898) * 43758.5453) % 1
    du, dv = np.abs(u % 1 - .5), np.abs(v % 1 - .5)
    soft_u, soft_v = pixel * along * columns + .02, pixel * floors + .02
    visible = np.clip(.5 / np.maximum(soft_u, soft_v), 0, 1)
    window = soft(du - .28, soft_u) * soft(dv - .3, soft_v) * visible
    frame = soft(du - .34, soft_u) * soft(dv - .37, soft_v) * visible - window
    bar = window * (soft(np.abs(u % 1 - .5) - .03, soft_u) + soft(np.abs(v % 1 - .62) - .02, soft_v)).clip(0, 1)
    ledge = soft(np.abs(v % 1 - .02) - .05, soft_v) * visible
    factor = 1 - .75 * window + .22 * frame + .3 * bar - .25 * ledge
    lit = window * (chance > 1 - .45 * night) * (1 - bar)
    glass = window * (1 - bar) * (1 - night) * (.08 + .2 * chance)
    colour = lit[..., None] * np.array([.95, .75, .4], np.float32)
    colour = colour + glass[..., None] * np.array([.7, .85, 1], np.float32)
    front = along * columns / 3
    shop = soft(np.abs(above - .07) - .03, pixel) * soft(np.abs(front % 1 - .5) - .42, soft_u) * (rng.random() < .6)
    sign = np.asarray(_SIGNS, np.float32)[(np.floor(front).astype(int) * 7 + int(rng.integers(50))) % len(_SIGNS)]
    letters = shop * (np.sin(u * 37) + np.sin(above * 190 + u * 5) > .5) * soft(np.abs(above - .07) - .018, pixel)
    factor = factor * (1 - shop)
    colour = colour * (1 - shop)[..., None] + shop[..., None] * sign * (.5 + .6 * night)
    colour = colour + (letters * (.6 - sign.mean(-1)))[..., None]
    warmth = window * (.14 * (chance - .45)) + .05 * frame - .05 * ledge + .1 * shop * chance
    return factor[..., None], colour, warmth


def _things(canvas: Canvas, place: Place) -> None:
    """Trees, poles, vehicles and persons, from far to near."""
    rng = canvas.rng
    kinds = rng.choice(['tree', 'pole', 'vehicle', 'person'], int(rng.integers(9, 16)), p=[.24, .14, .32, .3])
    green = _GREENS[int(rng.integers(len(_GREENS)))]
    for kind, near in zip(kinds, np.sort(rng.uniform(.06, .95, len(kinds)) ** 1.6), strict=True):
        foot = place.horizon + (canvas.size[0] - place.horizon) * float(near)
        below = foot - place.horizon
        lane = rng.uniform(-1.6, 1.6) if kind == 'vehicle' else rng.uniform(1.5, 3.2) * (-1) ** int(rng.integers(2))
        spot = (foot, place.centre + lane * below)
        if kind == 'tree':
            tree(canvas, spot, below * rng.uniform(2.5, 3.6), green)
        elif kind == 'pole':
            pole(canvas, spot, below * rng.uniform(2.6, 3.4), place.night)
        elif kind == 'vehicle':
            vehicle(canvas, spot, below * rng.uniform(.8, 1.1), place.night)
        else:
            person(canvas, spot, below * rng.uniform(.9, 1.1))


def _develop(canvas: Canvas, place: Place) -> dict[str, Array]:
    """Light the scene, and give both pictures the look of their cameras."""
    rng = canvas.rng
    light = 1 - .72 * place.night + .05 * canvas.coarse * (1 - place.night)
    tint = np.array([1 + .05 * rng.normal(), 1, 1 + .05 * rng.normal()], np.float32)
    own_light = np.clip(canvas.vis - .9, 0, None)
    vis = canvas.vis * light[..., None] * tint + own_light * place.night
    vis = 1.08 * vis / (.9 * vis + .35) if place.night > .4 else vis * rng.uniform(.95, 1.25)
    ir = blur(canvas.ir, .55 * max(canvas.unit, .7)) + .008 * canvas.noise(canvas.fine)
    low, high = np.percentile(ir, (1, 99.7))
    ir = .04 + .9 * (ir - low) / (high - low)
    vis += .006 * rng.standard_normal(vis.shape, dtype=np.float32)
    return {'ir': to_uint8(ir), 'vis': to_uint8(vis)}
