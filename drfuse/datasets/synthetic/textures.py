"""Noise fields and soft shapes, the material of the generated pairs. All arrays are float32."""

from __future__ import annotations

import numpy as np
from scipy import fft, ndimage

Array = np.ndarray
Size = tuple[int, int]


def _radius(size: Size) -> Array:
    """Return the spatial frequency of every ``rfft2`` bin in cycles per pixel."""
    fy = np.fft.fftfreq(size[0]).astype(np.float32)[:, None]
    fx = np.fft.rfftfreq(size[1]).astype(np.float32)[None]
    return np.hypot(fy, fx)


def _shaped_noise(size: Size, gain: Array, rng: np.random.Generator) -> Array:
    """Return Gaussian noise with the given amplitude spectrum, zero mean and unit variance."""
    white = rng.standard_normal(size, dtype=np.float32)
    field = fft.irfft2(fft.rfft2(white) * gain, s=size)
    return ((field - field.mean()) / (field.std() + 1e-6)).astype(np.float32)


def fractal_noise(size: Size, rng: np.random.Generator, beta: float = 1.0) -> Array:
    """Return noise with amplitude spectrum 1 / f^beta, zero mean, unit variance, periodic."""
    radius = _radius(size)
    radius[0, 0] = 1
    gain = radius ** -beta
    gain[0, 0] = 0
    return _shaped_noise(size, gain, rng)


def band_noise(size: Size, rng: np.random.Generator, wavelength: float, width: float = 0.35) -> Array:
    """Return noise around one wavelength in pixels: its zero lines form a labyrinth."""
    octaves = np.log(_radius(size) * wavelength + 1e-6)
    return _shaped_noise(size, np.exp(-0.5 * (octaves / width) ** 2), rng)


def smoothstep(low: float | Array, high: float | Array, x: Array) -> Array:
    """Return 0 below ``low``, 1 above ``high`` and a cubic between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def soft(distance: Array, width: float = 1.0) -> Array:
    """Return a mask that is 1 where a signed distance in pixels is negative, anti-aliased."""
    return np.clip(0.5 - distance / width, 0, 1)


def blur(image: Array, sigma: float) -> Array:
    """Return the Gaussian blur of an image (H, W)."""
    return ndimage.gaussian_filter(image, sigma, mode='nearest', truncate=3.0)


def blend(base: Array, layer: Array | float | tuple[float, ...], mask: Array) -> None:
    """Paint ``layer`` over ``base`` where ``mask`` is 1, in place; (H, W) or (H, W, 3)."""
    if base.ndim == 3:
        mask = mask[..., None]
    base += mask * (np.asarray(layer, dtype=np.float32) - base)


def to_uint8(image: Array) -> Array:
    """Quantise [0, 1] to bytes."""
    return np.floor(np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
