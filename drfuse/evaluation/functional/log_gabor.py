"""The log-Gabor filter bank of the phase congruency that Q_P uses: 4 scales, 6 orientations."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from drfuse.evaluation.functional.strips import parallel_map, row_strips
from drfuse.evaluation.functional.warm_memory import warm_empty

SCALES, ORIENTATIONS = 4, 6
_MIN_WAVELENGTH, _MULTIPLIER = 3, 2.1
_BANDWIDTH = np.log(0.55)
_CUTOFF = 0.45
_ANGULAR_SIGMA = np.pi / ORIENTATIONS / 1.2
_KEPT_PIXELS = 2**20


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
    def build(cls, h: int, w: int, variant: str, workers: int = 1) -> 'LogGaborBank':
        """Make the bank for an image of H x W pixels; ``variant`` selects the low-pass grid (see Q_P)."""
        radial, angular, total = np.split(warm_empty((SCALES + ORIENTATIONS + 1, h, w)), (SCALES, -1))
        y, x = _axis(h), _axis(w)
        low_y, low_x = (y, x) if variant == 'yuliu' else (_shifted_axis(h), _shifted_axis(w))

        def fill(rows: slice) -> None:
            low_pass = _low_pass(low_y[rows, None]**2 + low_x**2)
            total[0, rows] = _fill_radial(radial[:, rows], y[rows, None]**2 + x**2, low_pass)
            _fill_angular(angular[:, rows], np.arctan2(-y[rows, None], x))

        list(parallel_map(fill, row_strips(h, total), workers))
        powers = parallel_map(lambda f: _powers(f, radial[0], total[0]), angular, workers)
        return cls(radial, angular, *np.transpose(list(powers)))

    @classmethod
    def of_size(cls, h: int, w: int, variant: str, workers: int = 1) -> 'LogGaborBank':
        """Return the bank as :meth:`build` makes it; that of the last size is kept, up to 2^20 pixels (88 MiB)."""
        if h * w > _KEPT_PIXELS:
            return cls.build(h, w, variant, workers)
        return _latest(h, w, variant)


@lru_cache(maxsize=1)
def _latest(h: int, w: int, variant: str) -> LogGaborBank:
    return LogGaborBank.build(h, w, variant)


def forget_filters() -> None:
    """Drop the filter bank that is kept."""
    _latest.cache_clear()


def _axis(n: int) -> np.ndarray:
    """Return the frequencies of one axis, zero first; an odd axis reaches -0.5 and 0.5."""
    centred = (np.arange(n) - n // 2) / (n - n % 2)
    return np.fft.ifftshift(centred)


def _shifted_axis(n: int) -> np.ndarray:
    """Return the axis of the 2012 toolbox's low-pass: shifted the wrong way, so odd axes are off by one."""
    return np.fft.fftshift((np.arange(n) - n // 2) / n)


def _low_pass(square: np.ndarray) -> np.ndarray:
    """Butterworth low-pass 1 / (1 + (r / 0.45)^30) of the squared radius."""
    t = square / _CUTOFF**2
    t2 = t * t
    t4 = t2 * t2
    return 1 / (1 + t4 * t4 * t4 * t2 * t)


def _fill_radial(out: np.ndarray, square: np.ndarray, low_pass: np.ndarray) -> np.ndarray:
    """Write some rows of the radial filters and return their sum over scales."""
    centre = square == 0
    log_radius = np.log(square + centre) / 2
    total = np.zeros_like(square)
    for scale, value in enumerate(out):
        np.add(log_radius, np.log(_MIN_WAVELENGTH * _MULTIPLIER**scale), out=value)
        value *= value
        value /= -2 * _BANDWIDTH**2
        np.exp(value, out=value)
        value *= low_pass
        value[centre] = 0
        total += value
    return total


def _fill_angular(out: np.ndarray, theta: np.ndarray) -> None:
    """Write some rows of the angular filters."""
    for o, value in enumerate(out):
        np.abs(theta - o * np.pi / ORIENTATIONS, out=value)
        np.subtract(np.pi, value, out=value)
        np.abs(value, out=value)
        np.subtract(np.pi, value, out=value)
        value *= value
        value /= -2 * _ANGULAR_SIGMA**2
        np.exp(value, out=value)


def _powers(angular: np.ndarray, finest: np.ndarray, total: np.ndarray) -> tuple[float, float]:
    """Return ``finest_power`` and ``noise_gain`` of one orientation.

    By Parseval the noise of the real (even) response is the power of the even part of the filter,
    ``(f(k) + f(-k))/2``, which saves the inverse transforms of the filters.
    """
    f = finest * angular
    finest_power = _product_sum(f, f)
    np.multiply(total, angular, out=f)
    return finest_power, (_product_sum(f, f) + _mirror_product(f)) / 2


def _mirror_product(f: np.ndarray) -> float:
    """Return ``sum_k f(k) f(-k)`` with indices modulo the size."""
    inner, row, column = f[1:, 1:], f[:1, 1:], f[1:, :1]
    return (_product_sum(inner, inner[::-1, ::-1]) + _product_sum(row, row[:, ::-1])
            + _product_sum(column, column[::-1]) + f[0, 0]**2)


def _product_sum(x: np.ndarray, y: np.ndarray) -> float:
    """Return ``sum x y``; a BLAS product this long would start threads of its own."""
    return np.einsum('ij,ij->', x, y)
