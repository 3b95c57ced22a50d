"""Pictures of a result for people: 8 bits, not larger than a screen can use."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import torch

from drfuse.apis.fusion_result import FusionResult
from drfuse.apis.picture import Picture
from drfuse.visualization.image_writer import to_uint8

LARGEST_SIDE = 1600
"""Longest side of a panel in pixels; larger pictures are shown reduced."""

STEP_SIDE = 640
"""The same for the pictures of steps."""


class Panel(NamedTuple):
    """A picture to show.

    Attributes:
        key: Name for programs: ``observed_ir``, ``restored_ir``, ..., ``weights``, ``fused``.
        title: Name for people.
        image: (H, W) or (H, W, 3) RGB, uint8.
        note: What else is to be said of it.
    """

    key: str
    title: str
    image: np.ndarray
    note: str = ''


class StepPanels(NamedTuple):
    """One step.

    Attributes:
        t: Its number, T..1.
        panels: Fused, sources, weights if there are some.
        scales: Source, or ``'fused'``, to the mean of its correction scale.
        residuals: Source to the root mean square of A x - y after the correction.
    """

    t: int
    panels: tuple[Panel, ...]
    scales: dict[str, float]
    residuals: dict[str, float]


def result_panels(result: FusionResult, longest: int = LARGEST_SIDE) -> list[Panel]:
    """Return the first source observed and restored, its weight map, the others, and the fused picture, in this order.

    Rules without weights have no map.

    Args:
        result: With observed pictures.
        longest: Longest side; larger pictures are reduced by area averaging.
    """
    def panel(key: str, title: str, picture: Picture) -> Panel:
        return Panel(key, title, reduced(shown(picture), longest), size_note(picture.shape, longest))

    panels = [panel(f'{kind}_{name}', f'{name}, {kind}', pictures[name]) for name in result.observed_pictures
              for kind, pictures in (('observed', result.observed_pictures), ('restored', result.restored_pictures))]
    weights = [] if result.weights is None else [
        Panel('weights', f'weight of {next(iter(result.observed_pictures))}',
              weight_map(reduced(result.weights[0], longest)), f'mean {result.weights[0].mean():.2f}')]
    return [*panels[:2], *weights, *panels[2:], panel('fused', 'fused', result.picture)]


def step_panels(result: FusionResult, longest: int = STEP_SIDE) -> list[StepPanels]:
    """Return what :attr:`FusionResult.trajectory` holds, step by step; empty without one."""
    if result.trajectory is None:
        return []
    names = tuple(result.observed_pictures)
    steps = []
    for step in result.trajectory.steps:
        images = dict(zip((*names, 'fused'), step.x0[0], strict=True))
        panels = [Panel(f'step_{step.t}_{name}', name, to_uint8(reduced(images[name].numpy(), longest)))
                  for name in ('fused', *names)]
        if step.weights is not None:
            panels.append(Panel(f'step_{step.t}_weights', f'weight of {names[0]}',
                                weight_map(reduced(step.weights[0, 0].numpy(), longest))))
        steps.append(StepPanels(step.t, tuple(panels), dict(zip((*names, 'fused'), step.scales, strict=True)),
                                dict(zip(names, step.residuals, strict=True))))
    return steps


def shown(picture: Picture) -> np.ndarray:
    """Return the pixels of a picture with 8 bits, without alpha."""
    return picture.pixels if picture.pixels.dtype == np.uint8 else to_uint8(picture.to_tensor())


def weight_map(weights: np.ndarray) -> np.ndarray:
    """Return weights (H, W) in [0, 1] as colours (H, W, 3), from dark violet (0) over green to yellow (1)."""
    return cv2.applyColorMap(to_uint8(torch.from_numpy(weights)), cv2.COLORMAP_VIRIDIS)[..., ::-1]


def reduced(image: np.ndarray, longest: int) -> np.ndarray:
    """Return an image whose longest side is at most ``longest``, reduced by area averaging."""
    height, width = image.shape[:2]
    shrink = longest / max(height, width)
    if shrink >= 1:
        return image
    size = max(round(width * shrink), 1), max(round(height * shrink), 1)
    return cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA)


def size_note(shape: tuple[int, int], longest: int) -> str:
    """Return width and height, and whether the picture is shown reduced."""
    text = f'{shape[1]} x {shape[0]}'
    return text if max(shape) <= longest else f'{text}, shown reduced'
