"""Inner loops of phase congruency in NumPy; ``phase_kernels_compiled`` has the same functions in one pass each."""

from collections.abc import Sequence

import numpy as np

from drfuse.evaluation.functional.log_gabor import SCALES
from drfuse.evaluation.functional.strips import row_strips

EPS, TINY = 1e-4, 1e-300
CUTOFF, GAIN = 0.5, 10
_STRIP_ROWS = 16


def filter_spectrum(spectrum: np.ndarray, angular: np.ndarray, radial: np.ndarray, out: np.ndarray) -> None:
    """Write a spectrum (H, W) times an angular (H, W) and every radial filter (N, H, W) into ``out`` (N, H, W)."""
    for rows in row_strips(len(spectrum), spectrum, _STRIP_ROWS):
        for one, target in zip(radial, out, strict=True):
            np.multiply(spectrum[rows], angular[rows] * one[rows], out=target[rows])


def power(response: np.ndarray, out: np.ndarray) -> None:
    """Write the squared amplitude of a response (H, W) into ``out``."""
    for rows in row_strips(len(response), response, _STRIP_ROWS):
        real, imaginary = response.real[rows], response.imag[rows]
        np.multiply(real, real, out=out[rows])
        out[rows] += imaginary * imaginary


def add_energy(responses: Sequence[np.ndarray], threshold: float, energies: np.ndarray, amplitudes: np.ndarray,
               squares: np.ndarray) -> None:
    """Add weighted energy and amplitude of one orientation, and write the square of their ratio.

    With ``e_s + i o_s`` the response of scale s and ``e + i o`` their sum of length n, the energy
    ``sum_s [e_s e + o_s o - |e_s o - o_s e|] / (n + eps)`` is ``(n^2 - sum_s |e_s o - o_s e|) / (n + eps)``.

    Args:
        responses: 4 complex arrays (H, W), finest scale first.
        threshold: T of this orientation.
        energies: (H, W), added to.
        amplitudes: (H, W), added to.
        squares: (H, W), overwritten.
    """
    for rows in row_strips(len(squares), squares, _STRIP_ROWS):
        energy, summed = _energy([response[rows] for response in responses], threshold)
        energies[rows] += energy
        amplitudes[rows] += summed
        summed += TINY
        energy /= summed
        np.multiply(energy, energy, out=squares[rows])


def _energy(responses: Sequence[np.ndarray], threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Return weighted energy and amplitude of some rows."""
    parts = [np.abs(response) for response in responses]
    mean = _joined(np.add, responses)
    norm, summed, largest = np.abs(mean), _joined(np.add, parts), _joined(np.maximum, parts)
    np.conjugate(mean, out=mean)
    across = parts[0]  # no longer needed
    across[...] = 0
    product = np.empty_like(mean)
    for response in responses:
        np.multiply(response, mean, out=product)
        across += np.abs(product.imag, out=parts[1])
    return _weighted(norm, across, summed, largest, threshold), summed


def _joined(join: np.ufunc, parts: Sequence[np.ndarray]) -> np.ndarray:
    """Return the sum, or the maximum, of several arrays."""
    total = join(parts[0], parts[1])
    for part in parts[2:]:
        join(total, part, out=total)
    return total


def _weighted(norm: np.ndarray, across: np.ndarray, summed: np.ndarray, largest: np.ndarray,
              threshold: float) -> np.ndarray:
    """Return the energy above the threshold, with a sigmoid weight that penalises energy in one scale only.

    ``norm``, ``across`` and ``largest`` are overwritten.
    """
    energy = norm * norm
    energy -= across
    norm += EPS
    energy /= norm
    energy -= threshold
    np.maximum(energy, 0, out=energy)
    largest += EPS
    weight = np.divide(summed, largest, out=largest)
    weight *= -GAIN / SCALES
    weight += GAIN * CUTOFF
    np.exp(weight, out=weight)
    weight += 1
    energy /= weight
    return energy
