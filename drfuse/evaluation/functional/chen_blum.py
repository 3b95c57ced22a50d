"""Perceptual contrast preservation Q_CB of Chen and Blum."""

from collections.abc import Sequence

import numpy as np
import scipy.fft
import torch

from drfuse.evaluation.functional.arrays import (
    A,
    Array,
    constant_like,
    correlate_separable,
    frequency_grid,
    image_sum,
    is_constant,
    namespace,
    scalar,
)
from drfuse.evaluation.functional.pair import Pair
from drfuse.evaluation.functional.strips import framed, row_strips, total

_CYCLES = 30
_F0, _F1, _A = 15.3870, 1.3456, 0.7622
_WINDOW = 31
_Z = 1e-4


def _sensitivity(h: int, w: int) -> np.ndarray:
    """Return the contrast sensitivity filter on the half spectrum, (h, w // 2 + 1)."""
    fy = np.fft.ifftshift(frequency_grid(h)) * (h / _CYCLES)
    fx = np.fft.ifftshift(frequency_grid(w))[:w // 2 + 1] * (w / _CYCLES)
    r2 = fy[:, None]**2 + fx**2
    return np.exp(r2 / -_F0**2) - _A * np.exp(r2 / -_F1**2)


def _filter_periodic(x: A, gain: np.ndarray, workers: int) -> A:
    shape = (x.shape[-2], x.shape[-1])
    if isinstance(x, torch.Tensor):
        return torch.fft.irfft2(torch.fft.rfft2(x) * constant_like(gain, x), s=shape)
    return scipy.fft.irfft2(scipy.fft.rfft2(x, workers=workers) * gain, s=shape, workers=workers)


def _masked_contrast(filtered: A, rows: slice) -> A:
    """Return C = c^3 / (c^2 + Z) of the local contrast c in some rows of a filtered image."""
    strip = framed(filtered, rows, _WINDOW // 2)
    narrow, wide = (correlate_separable(strip, _gaussian(sigma), valid=True) for sigma in (2, 4))
    narrow /= wide + (wide == 0)
    narrow -= 1
    c = namespace(narrow).abs(narrow)
    square = c * c
    return c * square / (square + _Z)


def _gaussian(sigma: float) -> np.ndarray:
    """Return 31 samples of the unit-area Gaussian, not renormalised."""
    x = np.arange(_WINDOW) - _WINDOW // 2
    return np.exp(-x**2 / (2 * sigma**2)) / (np.sqrt(2 * np.pi) * sigma)


def q_cb_terms(pair: Pair[A]) -> tuple[A, A]:
    """Return the part of Q_CB that each source contributes; see :func:`q_cb`."""
    pair.two_sources('QCB')
    gain = _sensitivity(*pair.shape)
    filtered = [_filter_periodic(x, gain, pair.workers) for x in pair.stretched]
    has_contrast = [~is_constant(x)[..., None, None] for x in (pair.fused, *pair.sources)]
    parts = [_strip_terms(filtered, has_contrast, rows) for rows in row_strips(pair.shape[0], pair.fused, 64)]
    pixels = pair.shape[0] * pair.shape[1]
    seen = (has_contrast[0] | has_contrast[1] | has_contrast[2])[..., 0, 0]
    undefined = namespace(pair.fused).where(seen, 0., np.nan)
    return tuple(part / pixels + undefined for part in total(parts))


def _strip_terms(filtered: list[A], has_contrast: list[A], rows: slice) -> tuple[A, A]:
    """Return the weighted preservation of both sources, summed over some rows."""
    f, a, b = (_masked_contrast(x, rows) * seen for x, seen in zip(filtered, has_contrast, strict=True))
    energy_a, energy_b = a * a, b * b
    flat = 0.5 * (energy_a + energy_b == 0)
    energy_a += flat
    energy_b += flat
    energy = energy_a + energy_b
    return image_sum(energy_a / energy * _preservation(a, f)), image_sum(energy_b / energy * _preservation(b, f))


def _preservation(x: A, f: A) -> A:
    """Return min/max of two contrasts, 1 where both are 0."""
    xp = namespace(x)
    low, high = xp.minimum(x, f), xp.maximum(x, f)
    zero = high == 0
    return (low + zero) / (high + zero)


def q_cb(fused: Array, sources: Sequence[Array]) -> float | torch.Tensor:
    """Perceptual contrast preservation Q_CB.

    Stretched images pass a contrast sensitivity filter (periodic border); local contrast is the ratio of two
    Gaussian averages (sigma 2 and 4) minus 1; per source the smaller contrast over the larger, weighted by the
    sources' squared contrasts. Range 0..1, higher is better.

    Large exactly black areas are ill-conditioned: contrast there is the rounding noise of the FFT, and two
    correct implementations may differ by 0.01 on an image with 20 % of such pixels.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The two source images, same shape.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. A constant image has contrast 0: a constant source
        gets no weight and a constant fused image scores about 0; undefined (NaN) if all images are constant.

    Raises:
        ValueError: For other than two sources, shapes that differ, colour, NaN, or values outside 0..255.

    References:
        Y. Chen, R.S. Blum, "A new automated quality assessment algorithm for image fusion", Image and Vision
        Computing 27(10):1421-1432, 2009.
    """
    return scalar(sum(q_cb_terms(Pair(fused, sources))))
