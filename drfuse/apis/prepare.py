"""From two pictures and what is known of them to what a model takes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from drfuse.apis.degradation_spec import SourceSpec, describe_stages
from drfuse.apis.pairs import SourcePair
from drfuse.apis.picture import Picture, as_picture
from drfuse.apis.registration import Shift, measure_shift, moved
from drfuse.apis.sizes import Factor, Size, settle_sizes
from drfuse.degradations import Degradation, Observation
from drfuse.estimation import estimate_degradation
from drfuse.structures import split_luma_chroma
from drfuse.utils.config import UserError, config_errors

STRONG_NOISE = 0.12
"""Standard deviation of the luminance's noise, on the [0, 1] scale, up to which sources go to the model as they are.

Models are trained with less (25/255 in a channel). With two or three times that, they return patterns that have nothing
to do with the scene. The mean of n x n pixels has 1/n of the noise, and is an observation with a known A as any other.
"""
AVERAGED = 4


@dataclass
class PreparedPair:
    """A pair that is ready for the model.

    Attributes:
        name: File stem of B, or a number.
        pictures: The sources as read, A first.
        form: The full-size source, whose size, pixel type, alpha and metadata the fused picture takes.
        inputs: Modality to observation, B = 1, on the CPU.
        chroma: Modality to the degraded chroma (2, h, w); colour sources only.
        report: What is assumed, for people and programs; :class:`~drfuse.apis.FusionResult` describes it.
    """

    name: str
    pictures: tuple[Picture, ...]
    form: Picture
    inputs: dict[str, Observation]
    chroma: dict[str, torch.Tensor] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def image_shape(self) -> Size:
        """Full size (H, W)."""
        return tuple(next(iter(self.inputs.values())).A.image_shape)


def prepare_pair(pair: SourcePair, modalities: Sequence[str], specs: Sequence[SourceSpec],
                 boundary: str = 'reflect', register: bool = True, align: bool = False) -> PreparedPair:
    """Read two sources, settle their sizes and degradations, and attach these.

    Args:
        pair: The sources.
        modalities: Their names, A first.
        specs: What is known of each.
        boundary: Border of estimated blurs.
        register: Measure the shift between the two; one of some pixels is a warning in the report.
        align: Move A by the measured shift, in whole pixels of its own.

    Raises:
        FileNotFoundError: If a file is missing.
        UserError: If a source cannot be used; the message says why.
    """
    start = time.perf_counter()
    pictures = tuple(as_picture(source, f'source {letter}') for source, letter in zip(pair[1:], 'AB', strict=True))
    read = time.perf_counter() - start
    full, factors = settle_sizes([p.shape for p in pictures], [s.factor for s in specs], [p.name for p in pictures])
    images = [picture.to_tensor() for picture in pictures]
    registration: dict[str, Any] = dict(shift=None, aligned=False)
    if register:
        a, registration = _register(pictures, images, align)
        if a is not pictures[0]:
            pictures, images[0] = (a, *pictures[1:]), a.to_tensor()
    fitting = [p for p in reversed(pictures) if p.shape == full]
    prepared = PreparedPair(pair.name, pictures, fitting[0] if fitting else pictures[-1], {})
    sources, averaged = {}, []
    for name, picture, image, spec, factor in zip(modalities, pictures, images, specs, factors, strict=True):
        stages, entry = settle_stages(spec, factor, picture.name, image, full, boundary)
        observation, chroma = _attach(picture.name, image, stages, full)
        sigma = _luminance_sigma(observation)
        if sigma > STRONG_NOISE:
            observation, chroma = _attach(picture.name, image, stages, full, AVERAGED)
            averaged.append(f'{picture.name} has noise of {sigma:.2g}, more than models are trained on: its pixels are '
                            f'averaged {AVERAGED} by {AVERAGED} first')
        prepared.inputs[name] = observation
        if chroma is not None and picture.is_colour:
            prepared.chroma[name] = chroma[0]
        sources[name] = dict(source=picture.name, size=list(picture.shape), pixel_type=picture.pixels.dtype.name,
                             colour=picture.is_colour, factor=factor.value, **entry,
                             text=describe_stages(stages),
                             luminance_sigma=sigma)
    seconds = dict(read=read, prepare=time.perf_counter() - start - read)
    warning = registration.pop('warning', None)
    prepared.report = dict(name=pair.name, size=list(full), sources=sources, registration=registration,
                           seconds=seconds, warnings=[*([warning] if warning else []), *averaged])
    return prepared


def _register(pictures: tuple[Picture, ...], images: Sequence[torch.Tensor],
              align: bool) -> tuple[Picture, dict[str, Any]]:
    """Return A, moved if it is to be, and what the report says of the shift; ``images`` are the pictures' tensors."""
    a, b = pictures
    shift = measure_shift(*(split_luma_chroma(image)[0][0].numpy() for image in images))
    if shift is None or not shift.is_reliable:
        return a, dict(shift=None, aligned=False)
    entry: dict[str, Any] = dict(shift=[shift.dx, shift.dy], aligned=False)
    if align:
        step = [round(d * own / max(own, other)) for d, own, other in
                zip((shift.dx, shift.dy), a.shape[::-1], b.shape[::-1], strict=True)]
        alpha = None if a.alpha is None else moved(a.alpha, *step)
        return replace(a, pixels=moved(a.pixels, *step), alpha=alpha), dict(entry, aligned=True)
    if shift.is_worth_a_warning:
        entry['warning'] = _warning(shift, a.name)
    return a, entry


def _warning(shift: Shift, name: str) -> str:
    steps = [f'{abs(d):.0f} px {words[int(d > 0)]}' for d, words in
             ((shift.dx, ('left', 'right')), (shift.dy, ('up', 'down'))) if round(d)]
    return (f'{name} has to move {" and ".join(steps)} to lie on its partner: fused edges will be '
            'double (align corrects it)')


def settle_stages(spec: SourceSpec, factor: Factor, name: str, image: torch.Tensor, full: Size,
                  boundary: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the stages of one source, and what the report says of them.

    Args:
        spec: What is known; the rest is estimated.
        factor: Low-resolution factor by the sizes.
        name: How messages call the source.
        image: Its stored channels (C, h, w).
        full: Full size.
        boundary: Border of an estimated blur.

    Raises:
        UserError: If the picture is not fit for an estimate.
    """
    pool = [] if factor.value == 1 else [dict(type='AveragePool', factor=factor.value, border=factor.border)]
    if spec.stages is not None:
        listed = list(spec.stages)
        stages = listed if any('factor' in stage for stage in listed) else [*listed, *pool]
        return stages, dict(origin=spec.origin, stages=stages)
    if spec.is_complete:
        stages = in_order(list(spec.blur or ()), _noise(spec.noise), pool, spec.noise_first)
        return stages, dict(origin=spec.origin, stages=stages)
    with config_errors(name):
        estimate = estimate_degradation(image, full, boundary)
    found = [dict(stage) for stage in estimate.stages]
    blur = [s for s in found if s['type'].endswith('Blur')] if spec.blur is None else list(spec.blur)
    if spec.noise is None and spec.blur is None and (not pool or any('factor' in stage for stage in found)):
        stages = found
    else:
        noise = _noise(estimate.noise_sigma if spec.noise is None else spec.noise)
        stages = in_order(blur, noise, pool, spec.noise_first or spec.noise is None)  # estimates: before the pooling
    known = [part for part in ('blur', 'noise') if getattr(spec, part) is not None]
    return stages, dict(origin='estimated' if not known else f'{" and ".join(known)} given, the rest estimated',
                        stages=stages, confidence=dict(estimate.confidence), summary=estimate.summary())


def in_order(blur: list[dict], noise: list[dict], pool: list[dict], noise_first: bool) -> list[dict]:
    """Return blur, noise and low resolution as stages: y = S(B x + n), or y = S B x + n if the noise is the file's."""
    return [*blur, *noise, *pool] if noise_first else [*blur, *pool, *noise]


def _noise(sigma: float | None) -> list[dict[str, Any]]:
    return [dict(type='GaussianNoise', sigma=float(sigma))] if sigma else []


def _luminance_sigma(observation: Observation) -> float:
    return float(observation.sigma.square().mean().sqrt())


def _attach(name: str, image: torch.Tensor, stages: list[dict[str, Any]], full: Size,
            averaged: int = 1) -> tuple[Observation, torch.Tensor | None]:
    """Attach the degradation; ``averaged``: to the means of so many pixels a side, of which A then knows."""
    image = image[None]
    with config_errors(name):
        if averaged > 1:
            pool = dict(type='AveragePool', factor=averaged, border='partial')
            image, stages = Degradation([pool]).degrade(image, {}, None), [*stages, pool]
        degradation = Degradation(stages).resolve(None)
        widest = max((max(stage.kernel_size, 1) for stage in degradation.stages if hasattr(stage, 'kernel_size')),
                     default=1)
        if widest > min(full):
            raise UserError(f'{name}: the blur reaches over {widest} pixels, more than the shorter side of '
                            f'{full[0]} x {full[1]}')
        return degradation.attach(image, full)
