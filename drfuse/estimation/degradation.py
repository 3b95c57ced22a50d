"""From one degraded image to the stages that explain it: blur, then noise, then average pooling."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from drfuse.degradations.boundary import check_boundary
from drfuse.estimation.blur import BlurEstimate, measure_blur
from drfuse.estimation.noise import NoiseEstimate, measure_noise
from drfuse.utils.typing import ImageShape

# white noise weaker than this cannot be told from texture and compression, and is called none
NO_NOISE = 0.75 / 255
_SURE_BLOCKS, _SURE_SPREAD = 500, 0.1
_SURE_SHARP, _SURE_BLURRED, _SURE_WIDTH = 0.2, 0.97, 0.25  # probability of a blur, and doubt over width
_LEVELS = ('low', 'medium', 'high')


@dataclass(frozen=True)
class EstimatedDegradation:
    """What was found in one image.

    Attributes:
        stages: Configs of :data:`drfuse.registry.DEGRADATIONS` in the order in which they acted; only what was found.
        noise_sigma: Noise per stored channel before pooling, on the [0, 1] scale; 0 = none found.
        blur_sigma: Width of the Gaussian in pixels of the full-size image; 0 = none found.
        factor: Side of the pooling cells; 1 = full size.
        confidence: ``'high'``, ``'medium'`` or ``'low'`` for ``'noise'``, ``'blur'`` and ``'factor'``.
    """

    stages: list[dict] = field(default_factory=list)
    noise_sigma: float = 0.0
    blur_sigma: float = 0.0
    factor: int = 1
    confidence: dict[str, str] = field(default_factory=dict)

    def summary(self) -> str:
        """Return one line for people."""
        def part(name: str, text: str) -> str:
            return f'{text} ({self.confidence.get(name, "low")} confidence)'

        blur = f'Gaussian blur sigma {self.blur_sigma:.1f} px' if self.blur_sigma else 'no blur'
        noise = f'noise sigma {self.noise_sigma * 255:.1f}/255' if self.noise_sigma else 'no noise'
        parts = [part('blur', blur), part('noise', noise)]
        return ', '.join(parts + ([f'low resolution 1/{self.factor}'] if self.factor > 1 else []))


def infer_factor(shape: ImageShape, full_shape: ImageShape) -> tuple[int, str]:
    """Return the factor of average pooling between two sizes, and the treatment of partial cells.

    Args:
        shape: (h, w) of the observed image.
        full_shape: (H, W) before pooling.

    Returns:
        The factor and ``'partial'`` (both sides are ceil(H / s)) or ``'drop'`` (both are floor(H / s)).

    Raises:
        ValueError: If no integer factor fits.
    """
    ratio = max(full_shape[0] / shape[0], full_shape[1] / shape[1])
    near = sorted(range(max(1, int(ratio) - 1), int(ratio) + 3), key=lambda s: abs(s - ratio))
    for factor in near:
        if all(-(-full // factor) == side for side, full in zip(shape, full_shape, strict=True)):
            return factor, 'partial'
        if all(full // factor == side for side, full in zip(shape, full_shape, strict=True)):
            return factor, 'drop'
    raise ValueError(f'no integer factor reduces {full_shape[0]} x {full_shape[1]} to {shape[0]} x {shape[1]} pixels: '
                     'both sides must be rounded up, or both down')


def _noise_confidence(found: NoiseEstimate, factor: int) -> str:
    """Return how sure the noise level is."""
    grade = 2
    if found.blocks < _SURE_BLOCKS or found.source in ('dark', 'clipped') or found.sigma > 0.1:
        grade -= 1
    if found.spread > _SURE_SPREAD:
        grade -= 1
    if found.source == 'none':
        grade -= 1
    # sharp texture that was pooled reaches the highest frequencies and passes for noise
    return _LEVELS[max(grade - min(factor - 1, 2), 0)]


def _blur_confidence(found: BlurEstimate, factor: int) -> str:
    """Return how sure the width, or its absence, is; what pooling leaves of a blur is never sure."""
    if found.sigma == 0:
        grade = 2 if found.probability < _SURE_SHARP else 1 if found.probability < 0.5 else 0
    else:
        sure = (found.probability > _SURE_BLURRED) + (found.doubt < _SURE_WIDTH * found.sigma)
        grade = int(sure)
    return _LEVELS[max(grade - (factor > 1), 0)] if factor <= 2 else 'low'


def estimate_degradation(image: torch.Tensor, full_shape: ImageShape,
                         boundary: str = 'reflect') -> EstimatedDegradation:
    """Estimate noise, blur and pooling factor of one image.

    Args:
        image: (C, h, w), C = 1 or 3, in [0, 1], as stored.
        full_shape: (H, W) of the image before pooling: that of the full-size source of the pair.
        boundary: Boundary rule of the blur; it cannot be told from the image.

    Returns:
        The estimate. Its ``stages`` go into :class:`drfuse.degradations.Degradation`, whose ``attach`` then gives
        the operator and the sigma of the luminance.

    Raises:
        ValueError: If the image has another shape or values that are not finite, or if no integer factor fits.
    """
    check_boundary(boundary)
    found = measure_noise(image)
    factor, border = infer_factor((image.shape[-2], image.shape[-1]), full_shape)
    noise = found.sigma * factor if found.sigma >= NO_NOISE else 0.0
    blurred = measure_blur(image, found.sigma)
    width = round(blurred.sigma * factor, 2)
    confidence = dict(noise=_noise_confidence(found, factor), blur=_blur_confidence(blurred, factor), factor='high')
    stages = [dict(type='GaussianBlur', sigma=width, boundary=boundary)] if width else []
    stages += [dict(type='GaussianNoise', sigma=noise)] if noise else []
    stages += [dict(type='AveragePool', factor=factor, border=border)] if factor > 1 else []
    return EstimatedDegradation(stages, noise, width, factor, confidence)
