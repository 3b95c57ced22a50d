"""The log-Gabor filter bank of the phase congruency that Q_P uses: 4 scales, 6 orientations."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from drfuse.evaluation.functional.strips import parallel_map, row_strips
from drfuse.evaluation.functional.warm_memory import warm_empty

SCALES, ORIENTATIONS = 4, 6
_MIN_WAVELENGTH, _MULTIPLIER = 3, 2.1
_BANDWIDTH = np.log(0.55)
_CUTOFF = 0.45
_ANGULAR_SIGMA = np.pi / ORIENTATIONS / 1.2
Axes = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class LogGaborBank:
    """Filters on the half of the FFT grid that a real image needs, in even and odd parts.

    The filter of scale s and orientation o is ``f(k) = radial[s] (even[o] + odd[o])`` with ``even(-k) = even(k)``
    and ``odd(-k) = -odd(k)``, indices modulo the size. So the real part of the response to X is the real image with
    the spectrum ``X radial even``, and the imaginary part the one with ``-i X radial odd``.

    Attributes:
        radial_pairs: (4, H, 2 (W // 2 + 1)), zero at frequency 0; every value twice, once for the real and once
            for the imaginary part of a spectrum seen as real numbers.
        even_pairs: (6, H, 2 (W // 2 + 1)), even part of the one-sided angular filter times the low-pass.
        odd_pairs: Their odd part.
        finest_power: (6,) sum of the squared filters of the finest scale over the whole grid.
        noise_gain: (6,) power of the real part of the summed filters' impulse response, times H W.
    """

    radial_pairs: np.ndarray
    even_pairs: np.ndarray
    odd_pairs: np.ndarray
    finest_power: np.ndarray
    noise_gain: np.ndarray

    @classmethod
    def build(cls, h: int, w: int, variant: str, workers: int = 1) -> 'LogGaborBank':
        """Make the bank for an image of H x W pixels; ``variant`` selects the low-pass grid (see Q_P)."""
        half = w // 2 + 1
        filters = warm_empty((SCALES + 2 * ORIENTATIONS, h, 2 * half))
        radial, even, odd = np.split(filters, (SCALES, SCALES + ORIENTATIONS))
        axes = _axis(h), _axis(w)
        low_axes = axes if variant == 'yuliu' else (_shifted_axis(h), _shifted_axis(w))
        multiplicity = np.where(np.arange(half) == (-np.arange(half)) % w, 1, 2)

        def fill(rows: slice) -> list[tuple[float, float]]:
            finest, total = _fill_radial(radial[:, rows], _square(axes, rows, half))
            powers = multiplicity * finest**2, multiplicity * total**2
            here, there = (_one_sided(axes, low_axes, rows, half),
                           _one_sided(_mirrored(axes), _mirrored(low_axes), rows, half))
            return [_fill_parts(even[o, rows], odd[o, rows], f, g, powers)
                    for o, (f, g) in enumerate(zip(here, there, strict=True))]

        powers = np.sum(list(parallel_map(fill, row_strips(h, radial), workers)), axis=0)
        return cls(radial, even, odd, powers[:, 0], powers[:, 1])




def _axis(n: int) -> np.ndarray:
    """Return the frequencies of one axis, zero first; an odd axis reaches -0.5 and 0.5."""
    centred = (np.arange(n) - n // 2) / (n - n % 2)
    return np.fft.ifftshift(centred)


def _shifted_axis(n: int) -> np.ndarray:
    """Return the axis of the 2012 toolbox's low-pass: shifted the wrong way, so odd axes are off by one."""
    return np.fft.fftshift((np.arange(n) - n // 2) / n)


def _mirrored(axes: Axes) -> Axes:
    """Return what stands at -k, indices modulo the size: the last frequency of an even axis is its own mirror."""
    y, x = (np.roll(axis[::-1], 1) for axis in axes)
    return y, x


def _square(axes: Axes, rows: slice, half: int) -> np.ndarray:
    """Return the squared radius of some rows."""
    return axes[0][rows, None]**2 + axes[1][:half]**2


def _low_pass(square: np.ndarray) -> np.ndarray:
    """Butterworth low-pass 1 / (1 + (r / 0.45)^30) of the squared radius."""
    t = square / _CUTOFF**2
    t2 = t * t
    t4 = t2 * t2
    return 1 / (1 + t4 * t4 * t4 * t2 * t)


def _fill_radial(out: np.ndarray, square: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Write some rows of the radial filters, every value twice; return the finest one and the sum of all."""
    centre = square == 0
    log_radius = np.log(square + centre) / 2
    total = np.zeros_like(square)
    for scale, pairs in enumerate(out):
        value = log_radius + np.log(_MIN_WAVELENGTH * _MULTIPLIER**scale)
        value *= value
        value /= -2 * _BANDWIDTH**2
        np.exp(value, out=value)
        if centre.any():
            value[centre] = 0
        total += value
        pairs[:, ::2] = pairs[:, 1::2] = value
    return out[0, :, ::2], total


def _one_sided(axes: Axes, low_axes: Axes, rows: slice, half: int) -> Iterator[np.ndarray]:
    """Yield half of every orientation's angular filter, low-pass included, in some rows."""
    theta = np.arctan2(-axes[0][rows, None], axes[1][:half])
    low_pass = _low_pass(_square(low_axes, rows, half)) / 2
    for o in range(ORIENTATIONS):
        distance = np.abs(theta - o * np.pi / ORIENTATIONS)
        np.subtract(np.pi, distance, out=distance)
        np.abs(distance, out=distance)
        np.subtract(np.pi, distance, out=distance)
        distance *= distance
        distance /= -2 * _ANGULAR_SIGMA**2
        np.exp(distance, out=distance)
        distance *= low_pass
        yield distance


def _fill_parts(even: np.ndarray, odd: np.ndarray, here: np.ndarray, there: np.ndarray,
                powers: Axes) -> tuple[float, float]:
    """Write the even and the odd part of one orientation and return its share of ``finest_power``, ``noise_gain``.

    By Parseval the noise of the real response is the power of the even part of the filter, which saves the inverse
    transforms of the filters.
    """
    even[:, ::2] = even[:, 1::2] = total = here + there
    odd[:, ::2] = odd[:, 1::2] = difference = here - there
    total *= total
    difference *= difference
    gain = _product_sum(powers[1], total)
    total += difference
    return _product_sum(powers[0], total), gain


def _product_sum(x: np.ndarray, y: np.ndarray) -> float:
    """Return ``sum x y``; a BLAS product this long would start threads of its own."""
    return np.einsum('ij,ij->', x, y)
