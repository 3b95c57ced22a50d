"""From clean images, or already degraded files, to observations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from mmcv.transforms import BaseTransform

from drfuse.datasets.image_io import read_image
from drfuse.datasets.sample_rng import SampleRNG
from drfuse.datasets.transforms.loading import as_stored_or
from drfuse.degradations.degradation import Degradation, Observation
from drfuse.registry import TRANSFORMS
from drfuse.utils.typing import ImageShape, Params

Factors = Callable[[int, torch.Generator], list[float]]

# the grid that holds every 8-bit and every 16-bit value, and what single precision does to them on it
_FINEST, _SINGLE_ERROR = 65535, 0.008


def exact_double(image: torch.Tensor) -> torch.Tensor:
    """Return a float32 image in double precision, with stored 8- and 16-bit values restored exactly.

    Else a truncating quantiser would turn 100 - 1e-6 into 99.
    """
    levels = image.double() * _FINEST
    nearest = levels.round()
    return torch.where((levels - nearest).abs() < _SINGLE_ERROR, nearest, levels) / _FINEST


def degrade_image(degradation: Degradation, image: torch.Tensor, rng: SampleRNG, name: str,
                  factors: Factors | None = None) -> tuple[Degradation, Params, torch.Tensor]:
    """Degrade the stored channels of one modality, with the draws named after it.

    Shapes are settled from the batch's stream, parameters and noise come from the sample's. The
    arithmetic is double precision, so that a quantiser does not depend on rounding.

    Args:
        degradation: The modality's degradation.
        image: (C, H, W) clean stored channels in [0, 1].
        rng: Streams of the sample.
        name: Modality.
        factors: Draws how many times as much every stage does as the returned parameters say, given their number and
            a stream of its own; None = what they say.

    Returns:
        The resolved degradation, its parameters, and the degraded image (1, C, h, w), float64.
    """
    resolved = degradation.resolve(rng.batch(f'degradation.{name}'))
    generator = rng.sample(f'degradation.{name}')
    params = true = resolved.sample_params(generator)
    if factors is not None:
        true = resolved.scaled(params, factors(len(resolved.stages), rng.sample(f'mismatch.{name}')))
    return resolved, params, resolved.degrade(exact_double(image)[None], true, generator)


def to_float32(observation: Observation) -> Observation:
    """Return the observation in single precision."""
    std = observation.A.noise_std
    params = {k: v.float() if v.is_floating_point() else v for k, v in observation.A.params.items()}
    operator = replace(observation.A, params=params, noise_std=None if std is None else std.float())
    return Observation(observation.y.float(), operator, observation.sigma.float())


def has_colour(image: torch.Tensor) -> bool:
    """Return whether an image (C, H, W) shows colour: three channels that are not all equal."""
    return image.shape[0] > 1 and not bool((image == image[:1]).all())


def _store(results: dict[str, Any], name: str, observation: Observation, chroma: torch.Tensor | None,
           original: torch.Tensor) -> None:
    """Keep the observation, and the chroma if the original is a colour image.

    The chroma of grey images stored in three channels is nothing but noise, and must not colour a fused image.
    """
    results['observations'][name] = to_float32(observation)
    if chroma is not None and has_colour(original):
        results['chroma'][name] = chroma[0].float()


@TRANSFORMS.register_module()
class SynthesizeObservations(BaseTransform):
    """Degrade the clean images on the fly: y = A x + n on every stored channel, then the luminance.

    The chroma that is kept is that of the degraded image; the clean chroma goes no further.

    Required keys: ``modalities``, ``images``, ``degradations`` (modality to Degradation), ``rng``; ``mismatch``
    (:class:`~drfuse.datasets.mismatch.Mismatch`) where what is told may be wrong.
    Added keys: ``observations`` (modality to Observation with B = 1), ``chroma`` (modality to
    (2, h, w) of the degraded image; colour images only: not for grey ones in three equal channels).
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add the observations."""
        results.update(observations={}, chroma={})
        mismatch = results.get('mismatch')
        for name in results['modalities']:
            image = results['images'][name]
            resolved, params, degraded = degrade_image(results['degradations'][name], image, results['rng'], name,
                                                       mismatch and mismatch.factors)
            observation, chroma = resolved.attach(degraded, image.shape[-2:], params)
            _store(results, name, observation, chroma, image)
        return results

    def __repr__(self) -> str:
        return 'SynthesizeObservations()'


@TRANSFORMS.register_module()
class AttachObservations(BaseTransform):
    """Load already degraded files and attach what is known of their degradation; nothing is drawn.

    The size before the degradation is that of the clean images if there are any, else ``image_shape``,
    else the largest observed image of the pair.

    Required keys: ``modalities``, ``observed_paths``, ``channels``, ``degradations``; ``images`` where
    clean sources exist. Added keys: as :class:`SynthesizeObservations`.

    Args:
        image_shape: (H, W) before the degradation, for sets without clean sources in which every
            modality has lost resolution.

    Raises:
        ValueError: If the operator maps that size to another one than the file has, or if the degradation
            has parameters that would have to be drawn.
    """

    def __init__(self, image_shape: ImageShape | None = None) -> None:
        self.image_shape = image_shape

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add the observations."""
        paths = results['observed_paths']
        if not paths:
            raise ValueError('AttachObservations needs already degraded files: set observed_prefix of the dataset')
        observed = {name: as_stored_or(read_image(paths[name]), results['channels'].get(name))
                    for name in results['modalities']}
        shape = self._image_shape(results.get('images') or observed)
        results.update(observations={}, chroma={})
        for name, image in observed.items():
            try:
                observation, chroma = results['degradations'][name].resolve(None).attach(
                    exact_double(image)[None], shape)
            except ValueError as error:
                raise ValueError(f'{paths[name]}: {error}') from None
            original = results['images'][name] if 'images' in results else image
            _store(results, name, observation, chroma, original)
        return results

    def _image_shape(self, images: dict[str, torch.Tensor]) -> ImageShape:
        if self.image_shape is not None:
            return self.image_shape[0], self.image_shape[1]
        largest = max(images.values(), key=lambda image: image.shape[-2] * image.shape[-1])
        return largest.shape[-2], largest.shape[-1]

    def __repr__(self) -> str:
        return f'AttachObservations(image_shape={self.image_shape})'
