"""A slice through a head: MRI, and PET, SPECT or CT of the same slice."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from drfuse.datasets.synthetic.textures import (
    Array,
    Size,
    band_noise,
    blur,
    fractal_noise,
    smoothstep,
    to_uint8,
)

Functional = Literal['pet', 'spect', 'ct']

# level to colour, as the atlases print them: black, blue, pale yellow, orange, red, magenta
_PET_LEVELS = (0.0, 0.12, 0.32, 0.45, 0.55, 0.72, 0.9, 1.0)
_PET_COLOURS = ((0, 0, 0), (0, 0, .45), (.08, .32, .85), (.55, .72, .45), (.95, .92, .12), (1, .6, .03),
                (1, .08, .03), (1, 0, .65))
_SPECT_LEVELS = (0.0, 0.15, 0.35, 0.55, 0.8, 1.0)
_SPECT_COLOURS = ((0, 0, 0), (.13, .19, .2), (.25, .05, .45), (.62, .1, .5), (1, .42, .15), (1, .62, .25))


@dataclass
class Anatomy:
    """Tissue maps of one slice, each (H, W) in [0, 1].

    Attributes:
        head: Everything inside the skin.
        skull: Bone.
        marrow: Its spongy middle.
        scalp: Skin and fat outside the bone.
        brain: Everything inside the skull.
        white: White matter.
        grey: Grey matter of cortex and nuclei.
        fluid: Sulci, ventricles and the film around the brain.
        unit: Pixels per 1/256 of the smaller side.
    """

    head: Array
    skull: Array
    marrow: Array
    scalp: Array
    brain: Array
    white: Array
    grey: Array
    fluid: Array
    unit: float


def draw_head(size: Size, rng: np.random.Generator, functional: Functional = 'pet') -> dict[str, Array]:
    """Draw a registered pair of head slices.

    Args:
        size: (H, W).
        rng: Source of everything random.
        functional: Partner of the MRI: ``pet`` and ``spect`` are pseudo-colour on black, ``ct`` is grey.

    Returns:
        ``mri`` (H, W) and the partner (H, W, 3), or (H, W) for CT; uint8.
    """
    anatomy = _anatomy(size, rng)
    partner = _ct(anatomy, rng) if functional == 'ct' else _uptake(anatomy, rng, functional)
    return {'mri': to_uint8(_mri(anatomy, rng)), functional: to_uint8(partner)}


def _anatomy(size: Size, rng: np.random.Generator) -> Anatomy:
    unit = min(size) / 256
    y, x = np.mgrid[:size[0], :size[1]].astype(np.float32)
    centre = (size[0] * rng.uniform(.48, .53), size[1] * rng.uniform(.485, .515))
    tilt = float(rng.normal(0, .06))
    dy, dx = y - centre[0], x - centre[1]
    dy, dx = dy * math.cos(tilt) - dx * math.sin(tilt), dx * math.cos(tilt) + dy * math.sin(tilt)
    radii = min(size) * rng.uniform(.43, .47), min(size) * rng.uniform(.35, .385)
    v, u = dy / radii[0], dx / radii[1]
    angle = np.arctan2(u, v)
    outline = 1 + sum(rng.normal(0, .05 / k ** 2) * np.cos(k * angle + rng.normal(0, .4)) for k in (2, 3, 4))
    radius = np.hypot(u, v) / outline
    wobble = fractal_noise(size, rng, 1.7) * .008
    radius = radius + wobble
    pixel = 2 / sum(radii)
    bone_out, bone_in = rng.uniform(.93, .95), rng.uniform(.865, .885)

    def inside(limit: float) -> Array:
        return 1 - smoothstep(limit - pixel, limit + pixel, radius)

    head, bone, brain = inside(1.0), inside(bone_out), inside(bone_in)
    middle = (bone_out + bone_in) / 2
    marrow = np.exp(-((radius - middle - wobble * 2) / .016) ** 2) * (bone - brain)
    white, grey, fluid = _brain_tissue(size, rng, u, v, radius / bone_in, unit)
    return Anatomy(head, bone - brain, marrow, head - bone, brain, white * brain, grey * brain,
                   fluid * brain, unit)


def _brain_tissue(size: Size, rng: np.random.Generator, u: Array, v: Array, depth: Array,
                  unit: float) -> tuple[Array, Array, Array]:
    """Return white matter, grey matter and fluid inside the skull; they sum to 1."""
    folds = band_noise(size, rng, rng.uniform(19, 24) * unit, .3)
    # the hemispheres are alike, not equal
    folds = folds + .5 * folds[:, ::-1] + .35 * band_noise(size, rng, 11 * unit, .3)
    folds = np.abs(folds / folds.std())
    # a fold ends at its own depth, so white matter stays connected below it
    reach = smoothstep(.22, .82, depth + .1 * fractal_noise(size, rng, 1.3))
    sulcus = (1 - smoothstep(.02, .2, folds)) * smoothstep(.3, .75, reach)
    film = smoothstep(.965, .99, depth)
    ribbon = .06 + .72 * reach
    cortex = (1 - smoothstep(ribbon - .14, ribbon + .14, folds)) * smoothstep(.08, .3, reach)
    cortex = np.maximum(cortex, smoothstep(.89, .94, depth))
    fissure = np.exp(-(u / .013) ** 2) * smoothstep(.22, .42, np.abs(v + .05))
    ventricle = _ventricles(u, v, rng)
    nuclei = _nuclei(u, v, rng)
    fluid = np.maximum.reduce([sulcus * .85, film, fissure, ventricle])
    grey = np.maximum(cortex, nuclei) * (1 - fluid)
    return (1 - fluid - grey).astype(np.float32), grey.astype(np.float32), fluid.astype(np.float32)


def _ventricles(u: Array, v: Array, rng: np.random.Generator) -> Array:
    """Return the two horns of the lateral ventricles, or none in a slice above them."""
    opening = rng.uniform(-.3, 1)
    if opening < 0:
        return np.zeros_like(u)
    side = np.abs(u)
    result = np.zeros_like(u)
    for end, lean, reach in ((-1.0, rng.uniform(.25, .45), .27), (1.0, rng.uniform(.5, .9), .36)):
        along = end * v
        line = .035 + lean * np.clip(along - .08, 0, 1) ** 1.4
        taper = np.clip(1 - (along / reach) ** 2, .02, 1)
        width = (.024 + .045 * opening) * taper * (1 + .7 * smoothstep(.5, .9, along / reach))
        body = smoothstep(1.25, .75, np.abs(side - line) / width)
        result = np.maximum(result, body * smoothstep(reach, reach - .03, along) * (along > -.03))
    return result


def _nuclei(u: Array, v: Array, rng: np.random.Generator) -> Array:
    """Return thalamus, caudate and lentiform nucleus on both sides."""
    side = np.abs(u)
    result = np.zeros_like(u)
    for cu, cv, ru, rv in ((.12, .06, .075, .12), (.1, -.17, .04, .09), (.27, -.06, .06, .14)):
        jitter = rng.normal(0, .012, 2)
        distance = np.hypot((side - cu - jitter[0]) / ru, (v - cv - jitter[1]) / rv)
        result = np.maximum(result, .8 * smoothstep(1.12, .88, distance))
    return result


def _mri(a: Anatomy, rng: np.random.Generator) -> Array:
    """T1-weighted: white matter brightest in the brain, fluid and bone dark, fat bright."""
    size = a.head.shape
    grain = fractal_noise(size, rng, .35)
    strands = band_noise(size, rng, 7 * a.unit, .5)
    bias = 1 + .06 * fractal_noise(size, rng, 2.2)
    brain = a.white * .66 + a.grey * .41 + a.fluid * .1
    image = brain + a.skull * .05 + a.marrow * .35 + a.scalp * (.78 + .16 * strands)
    image = image * bias + a.head * (.018 * grain + .012)
    image = blur(image, .45 * max(a.unit, .5))
    # the noise of a magnitude image: without sign, so dark areas keep a floor
    noise = rng.standard_normal((2, *size), dtype=np.float32) * .012
    return np.hypot(image + noise[0], noise[1])


def _uptake(a: Anatomy, rng: np.random.Generator, functional: Functional) -> Array:
    """Tracer uptake follows grey matter, at a lower resolution, in pseudo-colour on black."""
    spect = functional == 'spect'
    region = fractal_noise(a.head.shape, rng, 1.6)
    activity = (a.grey * 1.0 + a.white * .28 + a.fluid * .12) * (1 + .16 * region)
    level = blur(activity * a.brain, (5.0 if spect else 3.2) * a.unit)
    scatter = np.clip(blur(a.scalp, 4 * a.unit) * (.15 + .1 * region), 0, None)
    level = level / (np.percentile(level, 99.7) + 1e-6) * rng.uniform(.88, 1.02) + scatter * (.5 if spect else .18)
    level = np.clip(level + .01 * blur(rng.standard_normal(a.head.shape, dtype=np.float32), 1.2) * a.head, 0, 1)
    levels, colours = (_SPECT_LEVELS, _SPECT_COLOURS) if spect else (_PET_LEVELS, _PET_COLOURS)
    return np.stack([np.interp(level, levels, channel) for channel in zip(*colours, strict=True)], -1)


def _ct(a: Anatomy, rng: np.random.Generator) -> Array:
    """X-ray attenuation in a brain window: bone saturates, grey and white matter hardly differ."""
    size = a.head.shape
    noise = fractal_noise(size, rng, .2)
    tissue = a.white * .36 + a.grey * .41 + a.fluid * .24 + a.scalp * (.2 + .05 * fractal_noise(size, rng, .9))
    image = tissue + a.skull * 1.15 - a.marrow * .35
    return blur(image + a.head * .018 * noise, .6 * max(a.unit, .5))
