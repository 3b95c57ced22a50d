"""Numbers of one result, by the same functions and on the same 8-bit luminance as ``drfuse evaluate``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from drfuse.apis.fusion_result import FusionResult
from drfuse.apis.picture import Picture
from drfuse.evaluation.convention import enlarge, luminance, source_to_uint8
from drfuse.evaluation.functional import CATALOG, PAPER_METRICS, measure
from drfuse.evaluation.functional.fidelity import SSIM_MIN_SIZE, psnr, ssim
from drfuse.structures import split_luma_chroma
from drfuse.utils.config import UserError

METRICS = (*PAPER_METRICS, 'SCD', 'VIF', 'SSIM', 'EN', 'SD', 'SF', 'AG')
"""Fusion metrics of a report."""

LARGEST = 1 << 22
"""Pictures of more pixels are not measured: some metrics would take minutes."""


@dataclass(frozen=True)
class FusedScore:
    """A metric of the fused picture.

    Attributes:
        name: Key of :data:`drfuse.evaluation.functional.CATALOG`.
        label: For people.
        higher_is_better: Direction.
        values: What it was measured against (``'observed'``, ``'clean'``) to the value; NaN = undefined.
    """

    name: str
    label: str
    higher_is_better: bool
    values: Mapping[str, float]


@dataclass(frozen=True)
class RestoredScore:
    """How close a restored source is to the clean one, and how close the observed one was.

    Attributes:
        name: Modality.
        psnr: Of the restored source in dB; infinite for identical pictures.
        psnr_before: Of the observed source, enlarged bicubically where it is smaller.
        ssim: Of the restored source; NaN below 11 pixels.
        ssim_before: Of the observed source.
    """

    name: str
    psnr: float
    psnr_before: float
    ssim: float
    ssim_before: float


def luminance_of(picture: Picture, shape: tuple[int, int] | None = None) -> np.ndarray:
    """Return the 8-bit luminance (H, W) of a picture, enlarged bicubically to ``shape`` if it is smaller."""
    if picture.pixels.dtype == np.uint8 and shape in (None, picture.shape):
        return luminance(picture.pixels)
    luma = split_luma_chroma(picture.to_tensor())[0]
    return source_to_uint8((luma if shape is None else enlarge(luma, shape))[0])


def check_clean(clean: Mapping[str, Picture], result: FusionResult) -> None:
    """Raise a :class:`UserError` unless there is a clean picture of full size for every source, or none at all."""
    for picture in clean.values():
        if picture.shape != result.picture.shape:
            raise UserError('clean pictures have the size of the fused one, {} x {} (height x width), but {} is '
                            '{} x {}'.format(*result.picture.shape, picture.name, *picture.shape))
    missing = [name for name in result.observed_pictures if name not in clean] if clean else []
    if missing:
        raise UserError(f'the clean picture of {missing[0]} is missing: give both, or none')


def score_fused(result: FusionResult, clean: Mapping[str, Picture] | None = None) -> list[FusedScore]:
    """Measure the fused picture against the observed sources and, where they are given, the clean ones.

    Args:
        result: With observed pictures.
        clean: Modality to the clean source.

    Returns:
        One entry for each of :data:`METRICS`; empty if the picture is larger than :data:`LARGEST`.
    """
    shape = result.picture.shape
    if math.prod(shape) > LARGEST:
        return []
    fused = luminance_of(result.picture)
    measured = {}
    for against, pictures in (('observed', result.observed_pictures), ('clean', clean or {})):
        sources = [luminance_of(picture, shape) for picture in pictures.values()]
        if sources:
            measured[against] = measure(fused, sources, METRICS, too_small='undefined')
    return [FusedScore(name, CATALOG[name].label, CATALOG[name].higher_is_better,
                       {against: float(scores[name].value) for against, scores in measured.items()})
            for name in METRICS]


def score_restored(result: FusionResult, clean: Mapping[str, Picture]) -> list[RestoredScore]:
    """Compare restored and observed sources with the clean ones, on 8-bit luminance; as :func:`score_fused`."""
    shape = result.picture.shape
    if math.prod(shape) > LARGEST:
        return []
    found = []
    for name, picture in clean.items():
        target = luminance_of(picture)
        pair = [luminance_of(result.restored_pictures[name]), luminance_of(result.observed_pictures[name], shape)]
        fits = min(shape) >= SSIM_MIN_SIZE
        found.append(RestoredScore(name, *(float(psnr(image, target)) for image in pair),
                                   *(float(ssim(image, target)) if fits else math.nan for image in pair)))
    return found
