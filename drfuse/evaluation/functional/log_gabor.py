"""The log-Gabor filter bank of the phase congruency that Q_P uses: 4 scales, 6 orientations."""

from dataclasses import dataclass

import numpy as np

SCALES, ORIENTATIONS = 4, 6
_MIN_WAVELENGTH, _MULTIPLIER = 3, 2.1
_BANDWIDTH = np.log(0.55)
_CUTOFF, _SHARPNESS = 0.45, 15
_ANGULAR_SIGMA = np.pi / ORIENTATIONS / 1.2


@dataclass(frozen=True)
class LogGaborBank:
    """Filters on the FFT grid; filter (s, o) is ``radial[s] * angular[o]``.

    Attributes:
        radial: (4, H, W), zero at frequency 0, low-pass included.
        angular: (6, H, W), one-sided.
        finest_power: (6,) sum of the squared filters of the finest scale.
        noise_gain: (6,) power of the real part of the summed filters' impulse response, times H W.
    """

    radial: np.ndarray
    angular: np.ndarray
    finest_power: np.ndarray
    noise_gain: np.ndarray

    @classmethod
    def build(cls, h: int, w: int, variant: str) -> 'LogGaborBank':
        """Make the bank for an image of H x W pixels; ``variant`` selects the low-pass grid (see Q_P)."""
        y, x = _axis(h)[:, None], _axis(w)
        square = y**2 + x**2
        low_pass = _low_pass(square if variant == 'yuliu' else _shifted_square(h, w))
        square[0, 0] = 1
        log_radius = np.log(square) / 2
        radial = np.empty((SCALES, h, w))
        for scale in range(SCALES):
            offset = np.log(_MIN_WAVELENGTH * _MULTIPLIER**scale)
            np.exp((log_radius + offset)**2 / (-2 * _BANDWIDTH**2), out=radial[scale])
            radial[scale] *= low_pass
        radial[:, 0, 0] = 0
        angular = _angular(np.arctan2(-y, x))
        return cls(radial, angular, *_powers(radial, angular))


def _axis(n: int) -> np.ndarray:
    """Return the frequencies of one axis, zero first; an odd axis reaches -0.5 and 0.5."""
    centred = (np.arange(n) - n // 2) / (n - n % 2)
    return np.fft.ifftshift(centred)


def _shifted_square(h: int, w: int) -> np.ndarray:
    """Return the squared radius of the 2012 toolbox's low-pass: shifted the wrong way, so odd axes are off by one."""
    y, x = (np.fft.fftshift((np.arange(n) - n // 2) / n) for n in (h, w))
    return y[:, None]**2 + x**2


def _low_pass(square: np.ndarray) -> np.ndarray:
    """Butterworth low-pass 1 / (1 + (r / 0.45)^30) of the squared radius."""
    t = square / _CUTOFF**2
    t2 = t * t
    t4 = t2 * t2
    return 1 / (1 + t4 * t4 * t4 * t2 * t)


def _angular(theta: np.ndarray) -> np.ndarray:
    out = np.empty((ORIENTATIONS, *theta.shape))
    for o, filter_ in enumerate(out):
        distance = np.abs(theta - o * np.pi / ORIENTATIONS)
        np.subtract(np.pi, np.abs(np.pi - distance), out=distance)
        np.exp(distance * distance / (-2 * _ANGULAR_SIGMA**2), out=filter_)
    return out


def _powers(radial: np.ndarray, angular: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ``finest_power`` and ``noise_gain``.

    By Parseval the noise of the real (even) response is the power of the even part of the filter,
    ``(f(k) + f(-k))/2``, which saves the inverse transforms of the filters.
    """
    total = radial.sum(0)
    finest, gain = np.empty(len(angular)), np.empty(len(angular))
    for o, filter_ in enumerate(angular):
        f = radial[0] * filter_
        finest[o] = np.vdot(f, f)
        np.multiply(total, filter_, out=f)
        gain[o] = (np.vdot(f, f) + _mirror_product(f)) / 2
    return finest, gain


def _mirror_product(f: np.ndarray) -> float:
    """Return ``sum_k f(k) f(-k)`` with indices modulo the size."""
    inner, row, column = f[1:, 1:], f[0, 1:], f[1:, 0]
    return (np.vdot(inner, inner[::-1, ::-1]) + np.vdot(row, row[::-1])
            + np.vdot(column, column[::-1]) + f[0, 0]**2)
