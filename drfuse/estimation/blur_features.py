"""Numbers that tell how sharp an image is, with the part of the noise removed.

Two views of the same thing: how fast gradients fall when the image is smoothed further (a step edge of width s seen
through a Gaussian of width t has a slope that goes with 1 / sqrt(s^2 + t^2): J. H. Elder, S. W. Zucker, "Local scale
control for edge detection and blur estimation", IEEE TPAMI 20(7), 1998), and how the power spectrum falls.
All are ratios, so contrast and brightness do not matter.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

SCALES = (0.7, 1.0, 1.5, 2.0, 3.0, 4.5)
_REFERENCE = 3.0  # edges are chosen by their slope at this scale, where noise and fine texture are weak
_SHARES = (0.01, 0.05)  # of the pixels: the strongest edges
_RINGS = np.linspace(0.02, 0.5, 17)  # cycles per pixel
_FLOOR = (0.3 / 255) ** 2  # variance of rounding to 8 bits, and a little
_SIDE = 1024  # a larger image is judged by its middle
_DECADES = 4.0  # ratios are cut off there


def middle(plane: np.ndarray) -> np.ndarray:
    """Return the middle of a large image, at most 1024 x 1024 pixels."""
    top, left = (max((side - _SIDE) // 2, 0) for side in plane.shape)
    return np.ascontiguousarray(plane[top:top + _SIDE, left:left + _SIDE])


def _log_ratio(part: np.ndarray | float, whole: np.ndarray | float) -> np.ndarray:
    """Return log10 of a ratio of energies, within 4 decades."""
    tiny = 1e-12
    ratio = np.log10(np.maximum(part, tiny) / np.maximum(whole, tiny))
    return np.atleast_1d(np.clip(ratio, -_DECADES, _DECADES))


def _smooth(plane: np.ndarray, scale: float) -> np.ndarray:
    side = 2 * math.ceil(3.5 * scale) + 1
    return cv2.GaussianBlur(plane, (side, side), scale, borderType=cv2.BORDER_REFLECT_101)


def _slope_energy(plane: np.ndarray, scale: float) -> np.ndarray:
    """Return the squared slope of the smoothed image, (H - 2, W - 2), per pixel."""
    smooth = _smooth(plane, scale)
    across = (smooth[1:-1, 2:] - smooth[1:-1, :-2]) / 2
    down = (smooth[2:, 1:-1] - smooth[:-2, 1:-1]) / 2
    return across * across + down * down


def _noise_gains() -> dict[float, float]:
    """Return the mean squared slope that white noise of variance 1 leaves at every scale."""
    impulse = np.zeros((65, 65), np.float32)
    impulse[32, 32] = 1
    return {scale: float(_slope_energy(impulse, scale).sum()) for scale in SCALES}


def _slopes(plane: np.ndarray, variance: float) -> list[np.ndarray]:
    gains = _noise_gains()
    energy = {scale: _slope_energy(plane, scale) for scale in SCALES}
    reference = energy[_REFERENCE]
    others = [scale for scale in SCALES if scale != _REFERENCE]
    clean = {scale: energy[scale].mean() - variance * gains[scale] for scale in SCALES}
    out = [_log_ratio(clean[scale], clean[_REFERENCE]) for scale in others]
    for share in _SHARES:
        count = max(int(share * reference.size), 16)
        edge = np.argpartition(reference.ravel(), -count)[-count:]
        base = float(reference.ravel()[edge].mean())
        out += [_log_ratio(energy[scale].ravel()[edge].mean() - variance * gains[scale], base) for scale in others]
        sharpest = (energy[scale].ravel()[edge] / np.maximum(reference.ravel()[edge], 1e-12) for scale in (1.0, 1.5))
        out += [_log_ratio(np.quantile(ratio, (0.5, 0.9)), 1.0) for ratio in sharpest]
        out += [_log_ratio(variance * gains[1.0], base), _log_ratio(base, clean[_REFERENCE])]
    return out


def _spectrum(plane: np.ndarray, variance: float) -> list[np.ndarray]:
    """Return how the power of rings of frequencies falls, with the power of the noise removed."""
    window = np.outer(*(np.hanning(side).astype(np.float32) for side in plane.shape))
    mean = float((plane * window).sum() / window.sum())
    power = np.abs(np.fft.rfft2((plane - mean) * window)) ** 2 / np.square(window).sum()
    radius = np.hypot(np.fft.fftfreq(plane.shape[0])[:, None], np.fft.rfftfreq(plane.shape[1])[None])
    ring = np.digitize(radius, _RINGS).ravel()
    counts = np.bincount(ring, minlength=len(_RINGS) + 1)[1:-1]
    rings = np.bincount(ring, power.ravel(), minlength=len(_RINGS) + 1)[1:-1] / np.maximum(counts, 1)
    uncertain = 2 * variance / np.sqrt(np.maximum(counts, 1)) + 0.02 * variance + _FLOOR
    signal = np.maximum(rings - variance, 0) + uncertain
    low = max(float(rings[0]), 1e-12)
    return [_log_ratio(signal[1:], low), _log_ratio(variance + _FLOOR, low)]


def blur_features(plane: np.ndarray, sigma: float) -> np.ndarray:
    """Describe the sharpness of an image.

    Args:
        plane: (H, W) luminance in [0, 1], at least 16 x 16.
        sigma: Standard deviation of its noise.

    Returns:
        Logarithms of ratios, 1-D, always as many.
    """
    plane = middle(np.asarray(plane, np.float32))
    variance = sigma * sigma
    return np.concatenate(_slopes(plane, variance) + _spectrum(plane, variance)).astype(np.float32)
