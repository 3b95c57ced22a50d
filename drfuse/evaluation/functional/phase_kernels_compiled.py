"""Inner loops of phase congruency, compiled: the functions of ``phase_kernels`` with every number read once.

Compiled at the first call and kept on disk by Numba, which is an optional requirement. They release the interpreter
lock. Loops are written so that they become vector instructions: one row of pixels at a time, results of the long
loop in rows of their own.
"""

import math
from collections.abc import Sequence

import numba
import numpy as np

from drfuse.evaluation.functional.phase_kernels import CUTOFF, EPS, GAIN, TINY

jit = numba.njit(nogil=True, cache=True, error_model='numpy', fastmath={'contract', 'reassoc', 'nsz', 'arcp'})
_SLOPE = GAIN / 4


def filter_spectrum(spectrum: np.ndarray, angular: np.ndarray, radial: np.ndarray, out: np.ndarray) -> None:
    """Write a spectrum times an angular and every radial filter into ``out``."""
    _filter(spectrum.view(float), angular, radial, out.view(float))


def power(response: np.ndarray, out: np.ndarray) -> None:
    """Write the squared amplitude of a response into ``out``."""
    _power(response.view(float), out)


def add_energy(responses: Sequence[np.ndarray], threshold: float, energies: np.ndarray, amplitudes: np.ndarray,
               squares: np.ndarray) -> None:
    """Add weighted energy and amplitude of one orientation, and write the square of their ratio."""
    finest, second, third, coarsest = (response.view(float) for response in responses)
    _add_energy(finest, second, third, coarsest, threshold, energies, amplitudes, squares)


@jit
def _filter(spectrum: np.ndarray, angular: np.ndarray, radial: np.ndarray, out: np.ndarray) -> None:
    height, width = angular.shape
    for y in range(height):
        x, a = spectrum[y], angular[y]
        for n in range(radial.shape[0]):
            r, result = radial[n, y], out[n, y]
            for j in range(width):
                f = a[j] * r[j]
                result[2 * j] = x[2 * j] * f
                result[2 * j + 1] = x[2 * j + 1] * f


@jit
def _power(response: np.ndarray, out: np.ndarray) -> None:
    height, width = out.shape
    for y in range(height):
        x, result = response[y], out[y]
        for j in range(width):
            result[j] = x[2 * j] * x[2 * j] + x[2 * j + 1] * x[2 * j + 1]


@jit
def _exp(y: float) -> float:
    """Return exp(y) for -5 <= y <= 5, as the 16th power of a Taylor sum, to a few last digits."""
    z = y / 16
    p = 1 / 39916800 + z / 479001600
    for c in (3628800, 362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1):
        p = 1 / c + z * p
    p *= p
    p *= p
    p *= p
    return p * p


@jit
def _weighted(finest: np.ndarray, second: np.ndarray, third: np.ndarray, coarsest: np.ndarray, threshold: float,
              energy: np.ndarray, amplitude: np.ndarray) -> None:
    """Write weighted energy and amplitude of one row."""
    for x in range(energy.shape[0]):
        e0, e1, e2, e3 = finest[2 * x], second[2 * x], third[2 * x], coarsest[2 * x]
        o0, o1, o2, o3 = finest[2 * x + 1], second[2 * x + 1], third[2 * x + 1], coarsest[2 * x + 1]
        a0, a1 = math.sqrt(e0 * e0 + o0 * o0), math.sqrt(e1 * e1 + o1 * o1)
        a2, a3 = math.sqrt(e2 * e2 + o2 * o2), math.sqrt(e3 * e3 + o3 * o3)
        low, high = a0 if a0 > a1 else a1, a2 if a2 > a3 else a3
        largest = low if low > high else high
        summed = a0 + a1 + a2 + a3
        e, o = e0 + e1 + e2 + e3, o0 + o1 + o2 + o3
        across = abs(e0 * o - o0 * e) + abs(e1 * o - o1 * e) + abs(e2 * o - o2 * e) + abs(e3 * o - o3 * e)
        square = e * e + o * o
        norm = math.sqrt(square) + EPS
        above = square - across - threshold * norm
        above = above if above > 0 else 0.
        energy[x] = above / (norm * (1 + _exp(GAIN * CUTOFF - _SLOPE * summed / (largest + EPS))))
        amplitude[x] = summed


@jit
def _add_energy(finest: np.ndarray, second: np.ndarray, third: np.ndarray, coarsest: np.ndarray, threshold: float,
                energies: np.ndarray, amplitudes: np.ndarray, squares: np.ndarray) -> None:
    height, width = squares.shape
    energy, amplitude = np.empty(width), np.empty(width)
    for y in range(height):
        _weighted(finest[y], second[y], third[y], coarsest[y], threshold, energy, amplitude)
        energies_y, amplitudes_y, squares_y = energies[y], amplitudes[y], squares[y]
        for x in range(width):
            energies_y[x] += energy[x]
        for x in range(width):
            amplitudes_y[x] += amplitude[x]
        for x in range(width):
            ratio = energy[x] / (amplitude[x] + TINY)
            squares_y[x] = ratio * ratio
