"""Human-perception-inspired distance Q_CV of Chen and Varshney."""

from collections.abc import Sequence

import numpy as np
import scipy.fft
import torch

from drfuse.evaluation.functional.arrays import (
    A,
    Array,
    constant_like,
    empty,
    frequency_grid,
    image_sum,
    is_constant,
    namespace,
    scalar,
    sobel,
)
from drfuse.evaluation.functional.pair import Pair
from drfuse.evaluation.functional.strips import framed

_BLOCK = 16
_SALIENCY_POWER = 5


def _sensitivity(h: int, w: int) -> np.ndarray:
    """Return the contrast sensitivity of Mannos and Sakrison on the half spectrum, (h, w // 2 + 1)."""
    fy = np.fft.ifftshift(frequency_grid(h)) * (h / 8)
    fx = np.fft.ifftshift(frequency_grid(w))[:w // 2 + 1] * (w / 8)
    r = np.sqrt(fy[:, None]**2 + fx**2)
    return 2.6 * (0.0192 + 0.144 * r) * np.exp(-(0.144 * r)**1.1)


def _filtered(x: A, gain: np.ndarray) -> A:
    shape = (x.shape[-2], x.shape[-1])
    if isinstance(x, torch.Tensor):
        return torch.fft.irfft2(torch.fft.rfft2(x) * constant_like(gain, x), s=shape)
    return scipy.fft.irfft2(scipy.fft.rfft2(x) * gain, s=shape)


def _block_sums(x: A) -> A:
    """Sum over 16 x 16 blocks, the image filled with zeros at the right and bottom."""
    h, w = x.shape[-2:]
    rows, columns = -(-h // _BLOCK), -(-w // _BLOCK)
    filled = empty((*x.shape[:-2], rows * _BLOCK, columns * _BLOCK), x)
    filled[...] = 0
    filled[..., :h, :w] = x
    return filled.reshape(*x.shape[:-2], rows, _BLOCK, columns, _BLOCK).sum((-3, -1))


def q_cv_terms(pair: Pair[A]) -> tuple[A, A]:
    """Return the part of Q_CV that each source contributes; see :func:`q_cv`."""
    pair.two_sources('QCV')
    xp = namespace(pair.fused)
    gain = _sensitivity(*pair.shape)
    fused, *sources = pair.stretched
    saliencies, distances = [], []
    for source in sources:
        gx, gy = sobel(framed(source, slice(0, source.shape[-2]), 1))
        saliencies.append(_block_sums((gx * gx + gy * gy)**(_SALIENCY_POWER / 2)))
        distances.append(_block_sums(_filtered(source - fused, gain)**2) / _BLOCK**2)
    total = image_sum(saliencies[0] + saliencies[1])
    undefined = is_constant(pair.sources[0]) & is_constant(pair.sources[1])
    scale = xp.where(undefined, xp.nan, total)
    return image_sum(saliencies[0] * distances[0]) / scale, image_sum(saliencies[1] * distances[1]) / scale


def q_cv(fused: Array, sources: Sequence[Array]) -> float | torch.Tensor:
    """Perceptual distance Q_CV: contrast-filtered squared error per block, weighted by the block's saliency.

    Stretched images; saliency is the sum of the fifth power of the Sobel magnitude over 16 x 16 blocks; partial blocks
    are filled with zeros and still divided by 256. Range 0 upwards, **lower is better**, 0 is best.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The two source images, same shape.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. A constant image counts as black; undefined (NaN) for two
        constant sources.

    Raises:
        ValueError: For other than two sources, shapes that differ, colour, NaN, or values outside 0..255.

    References:
        H. Chen, P.K. Varshney, "A human perception inspired quality metric for image fusion based on regional
        information", Information Fusion 8(2):193-207, 2007.
    """
    return scalar(sum(q_cv_terms(Pair(fused, sources))))
