"""Noise level of one image, from the highest frequencies of its smoothest blocks.

N. N. Ponomarenko et al., "Blind evaluation of additive noise variance in textured images by nonlinear processing of
block DCT coefficients", Proc. SPIE 5014, 2003: blocks are chosen by the energy of their low frequencies, which says
nothing about the noise in the high ones, so the mean over the chosen blocks has no selection bias.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from scipy.fft import dct

from drfuse.estimation.clipped import unclipped_sigma, variance_kept
from drfuse.structures.color import LUMA_WEIGHTS

BLOCK = 8
MAX_BLOCKS = 30_000
MIN_BLOCKS = 50
_LEVEL = 1 / 255
_LOW, _HIGH = 4, 10  # sums of the two DCT indices: 1.._LOW choose the block, _HIGH..14 measure the noise
_SHARE = 0.08  # of the usable blocks: the smoothest
_MARGIN = 3.0  # standard deviations between a block's mean and the ends of the range
_NEAR_END = 2 * _LEVEL  # margin at no noise
_PASSES = 3
_DARK_ZEROS, _FLAT_ZEROS = 0.4, 0.98  # share of exact zeros in a block on black, and in one without noise
_DARK_AREA, _FLAT_AREA = 0.05, 0.2  # share of the image that must be such blocks
_DARK_SHARE = 0.5  # of these blocks: the smoothest
_STRONG = 20 * _LEVEL  # above it few blocks are far enough from black and white


@dataclass(frozen=True)
class NoiseEstimate:
    """A noise level and what it rests on.

    Attributes:
        sigma: Standard deviation per stored channel of the observed image, on the [0, 1] scale.
        blocks: Number of blocks measured.
        spread: Relative difference of the estimates from the smoothest blocks and from twice as many; large
            where texture reaches the highest frequencies.
        source: ``'smooth'``, ``'dark'`` (clipped noise on black) or ``'clipped'`` (clipped noise on what is near black
            or white, where nothing else is there); ``'none'`` if the image has no usable block.
    """

    sigma: float
    blocks: int
    spread: float
    source: str


_NONE = NoiseEstimate(0.0, 0, 1.0, 'none')


def luma_gain(channels: int) -> float:
    """Return sigma of the luminance over sigma of every stored channel, for independent noise."""
    return 1.0 if channels == 1 else math.sqrt(sum(w * w for w in LUMA_WEIGHTS))


def as_planes(image: torch.Tensor) -> np.ndarray:
    """Return an image (C, H, W) as float32 array, checked.

    Raises:
        ValueError: If it is not (1 or 3, H, W), or not finite.
    """
    if image.ndim != 3 or image.shape[0] not in (1, 3):
        raise ValueError(f'an image has shape (1, H, W) or (3, H, W), got {tuple(image.shape)}')
    planes = image.detach().cpu().float().numpy()
    if not np.isfinite(planes).all():
        raise ValueError('the image holds values that are not finite')
    return planes


def luminance(planes: np.ndarray) -> np.ndarray:
    """Return the luminance (H, W) of (1 or 3, H, W)."""
    return planes[0] if len(planes) == 1 else np.tensordot(np.asarray(LUMA_WEIGHTS, np.float32), planes, 1)


def is_eight_bit(planes: np.ndarray) -> bool:
    """Return whether all values lie on the grid of 8 bits."""
    levels = planes * 255
    return bool((np.abs(levels - np.round(levels)) < 1e-3).all())


def _blocks(plane: np.ndarray, stride: int) -> np.ndarray:
    """Return the overlapping blocks (N, 64)."""
    return sliding_window_view(plane, (BLOCK, BLOCK))[::stride, ::stride].reshape(-1, BLOCK * BLOCK)


def _bands(blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean energy (N,) of low and of the highest frequencies of every block."""
    basis = dct(np.eye(BLOCK), norm='ortho', axis=0)
    order = np.add.outer(np.arange(BLOCK), np.arange(BLOCK)).ravel()
    both = np.kron(basis, basis).astype(np.float32)
    low, high = both[(order > 0) & (order <= _LOW)], both[order >= _HIGH]
    return np.square(blocks @ low.T).mean(1), np.square(blocks @ high.T).mean(1)


def _smoothest(low: np.ndarray, high: np.ndarray, share: float) -> float:
    """Return the mean high-frequency energy of the blocks with the least low-frequency energy."""
    count = min(len(low), max(int(share * len(low)), MIN_BLOCKS))
    return float(high[np.argpartition(low, count - 1)[:count]].mean())


def _dark_blocks(zeros: np.ndarray) -> np.ndarray | None:
    """Return a mask (N,) of the blocks on a black background, where half of the noise is clipped; None without one."""
    dark = zeros >= _DARK_ZEROS
    if dark.sum() < max(MIN_BLOCKS, _DARK_AREA * len(zeros)):
        return None
    if _is_flat(zeros, dark) and dark.mean() < _FLAT_AREA:
        return None  # a few saturated places say nothing of the rest
    return dark


def _is_flat(zeros: np.ndarray, dark: np.ndarray) -> bool:
    """Return whether dark blocks hold nothing at all."""
    return bool(zeros[dark].mean() > _FLAT_ZEROS)


def _unclipped(ends: tuple[np.ndarray, np.ndarray], sigma: float) -> np.ndarray:
    """Return a mask of the blocks so far from black and white that noise of this level is not clipped."""
    margin = min(max(_MARGIN * sigma, _NEAR_END), 0.3)
    return (ends[0] > margin) & (ends[1] < 1 - margin)


def _from_smooth(low: np.ndarray, high: np.ndarray, ends: tuple[np.ndarray, np.ndarray],
                 gain: float) -> NoiseEstimate:
    """Estimate from smooth blocks far enough from black and white that no noise is clipped."""
    found = _NONE
    for _ in range(_PASSES):
        usable = _unclipped(ends, found.sigma)
        if usable.sum() < MIN_BLOCKS:
            return _NONE
        first = _smoothest(low[usable], high[usable], _SHARE)
        second = _smoothest(low[usable], high[usable], 2 * _SHARE)
        spread = abs(math.sqrt(second) - math.sqrt(first)) / max(math.sqrt(first), _LEVEL * gain)
        found = NoiseEstimate(math.sqrt(first) / gain, int(usable.sum()), spread, 'smooth')
    return found if _unclipped(ends, found.sigma).sum() >= MIN_BLOCKS else _NONE


def _from_clipped(planes: np.ndarray, stride: int, where: np.ndarray, shares: tuple[float, ...],
                  source: str) -> NoiseEstimate:
    """Estimate the noise before clipping from the smoothest of the blocks that ``where`` (N,) selects."""
    if where.sum() < MIN_BLOCKS:
        return _NONE
    parts = [_blocks(plane, stride)[where] for plane in planes]
    low, high = np.mean([_bands(part) for part in parts], 0)
    joint = high if len(planes) == 1 else _bands(_blocks(luminance(planes), stride)[where])[1]
    means = np.stack([part.mean(1) for part in parts])
    weights = np.square(LUMA_WEIGHTS if len(planes) == 3 else (1.0,))
    found = []
    for share in shares:
        count = min(len(low), max(int(share * len(low)), MIN_BLOCKS))
        sigma, chosen = unclipped_sigma(low, high, means, count)
        # of the luminance, whose noise is not the mean of that of the channels
        kept = weights @ variance_kept(means[:, chosen], sigma) / weights.sum() if sigma else np.ones(1)
        found.append((math.sqrt(joint[chosen].mean() / kept.mean()) / luma_gain(len(planes)), int(chosen.sum())))
    (first, blocks), (second, _) = found[0], found[-1]
    return NoiseEstimate(first, blocks, abs(second - first) / max(first, _LEVEL), source)


def _where_clipped(planes: np.ndarray, stride: int, found: NoiseEstimate) -> NoiseEstimate:
    """Return the estimate from smooth blocks, or that from clipped noise where it says more."""
    zeros = _blocks((planes <= 0).mean(0, dtype=np.float32), stride).mean(1)
    dark = _dark_blocks(zeros)
    if dark is not None and (found.source != 'none' or _is_flat(zeros, dark)):
        black = _from_clipped(planes, stride, dark, (_DARK_SHARE,), 'dark')
        return black if found.source == 'none' or black.sigma < found.sigma or found.sigma > _STRONG else found
    if found.source != 'none':
        return found
    # near black or white throughout; what is saturated throughout may lie anywhere beyond the range
    means = np.stack([_blocks(plane, stride).mean(1) for plane in planes])
    lit = np.any((means > 0) & (means < 1), axis=0)
    return _from_clipped(planes, stride, lit, (_SHARE, 2 * _SHARE), 'clipped')


def measure_noise(image: torch.Tensor) -> NoiseEstimate:
    """Estimate the standard deviation of white noise, and what the estimate rests on.

    The noise of the luminance is measured and expressed per stored channel, as if independent in each: with it
    :class:`drfuse.degradations.Degradation` finds the luminance sigma again, whatever the correlation of the
    channels. Blocks near black and white are left out, where noise is clipped; on a large black background, and where
    everything is near black or white, the noise before clipping is found from what is left of it
    (:mod:`drfuse.estimation.clipped`). The variance of rounding to 8 bits is subtracted.

    Args:
        image: (C, H, W), C = 1 or 3, in [0, 1], as stored.

    Returns:
        The estimate for the observed image (before pooling it is larger by the factor).

    Raises:
        ValueError: If the shape is another one, or values are not finite.
    """
    planes = as_planes(image)
    plane = luminance(planes)
    if min(plane.shape) < BLOCK:
        return _NONE
    stride = math.ceil(math.sqrt(plane.size / MAX_BLOCKS))
    gain = luma_gain(len(planes))
    low, high = _bands(_blocks(plane, stride))
    grey = len(planes) == 1
    bottom = _blocks(plane if grey else planes.min(0), stride)
    top = bottom if grey else _blocks(planes.max(0), stride)
    found = _from_smooth(low, high, (bottom.mean(1), top.mean(1)), gain)
    found = _where_clipped(planes, stride, found)
    rounding = _LEVEL ** 2 / 12 if is_eight_bit(planes) else 0.0
    sigma = math.sqrt(max(found.sigma ** 2 - rounding, 0.0))
    return NoiseEstimate(sigma, found.blocks, found.spread, found.source)


def estimate_noise_sigma(image: torch.Tensor) -> float:
    """Return the standard deviation of white noise per stored channel, on the [0, 1] scale.

    Args:
        image: (C, H, W), C = 1 or 3, in [0, 1], as stored.

    Returns:
        Sigma of the observed image; see :func:`measure_noise`.

    Raises:
        ValueError: If the shape is another one, or values are not finite.
    """
    return measure_noise(image).sigma
