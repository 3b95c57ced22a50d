"""Phase congruency and its moments (Kovesi), as Q_P uses them: threaded NumPy, and batched PyTorch."""

import threading
from collections.abc import Sequence
from typing import Generic

import numpy as np
import scipy.fft
import torch

from drfuse.evaluation.functional.arrays import A, constant_like, namespace
from drfuse.evaluation.functional.log_gabor import ORIENTATIONS, SCALES, LogGaborBank
from drfuse.evaluation.functional.strips import parallel_map, row_strips

_EPS, _TINY = 1e-4, 1e-300
_NOISE_SIGMAS, _NOISE_SHRINK = 2, 1.7
_CUTOFF, _GAIN = 0.5, 10
_RAYLEIGH = np.sqrt(np.pi / 2) + _NOISE_SIGMAS * np.sqrt(2 - np.pi / 2)
_SAMPLE = 4096
_GROUPS = (range(0, 3), range(3, 6))


class PhaseMaps(Generic[A]):
    """Sums over orientations that yield phase congruency and its principal moments.

    Args:
        sums: (5, ..., H, W): weighted energy, amplitude, and the second moments xx, yy, xy of their ratio.
    """

    def __init__(self, sums: A) -> None:
        self.sums = sums

    def add(self, orientation: int, energy: A, amplitude: A, rows: slice = slice(None)) -> None:
        """Add the weighted energy and the amplitude of one orientation, each (..., rows, W)."""
        angle = orientation * np.pi / ORIENTATIONS
        cos, sin = np.cos(angle), np.sin(angle)
        sums = self.sums[..., rows, :]
        sums[0] += energy
        sums[1] += amplitude
        ratio = energy / (amplitude + _TINY)
        ratio *= ratio
        for i, factor in enumerate((cos * cos, sin * sin, cos * sin)):
            sums[2 + i] += ratio * factor

    def result(self, rows: slice = slice(None)) -> tuple[A, A, A]:
        """Return phase congruency, maximum moment and minimum moment of some rows.

        The mixed term carries 1/6 where later versions of the phase congruency code have 4/6, as in both toolboxes.
        """
        energy, amplitude, xx, yy, xy = self.sums[..., rows, :]
        xx, yy, xy = xx / 3, yy / 3, xy / 6
        spread = namespace(xx).sqrt(xy * xy + (xx - yy)**2) + _EPS
        return energy / (amplitude + _EPS), (xx + yy + spread) / 2, (xx + yy - spread) / 2


def phase_congruency(images: Sequence[A], variant: str = 'yuliu', workers: int = 1) -> list[PhaseMaps[A]]:
    """Phase congruency with its maximum and minimum moment of several images of one size.

    4 scales of wavelength 3 * 2.1^s pixels, 6 orientations, noise compensated with 2 standard deviations.

    Args:
        images: (H, W) or (B, H, W) float64 in 0..255.
        variant: Low-pass grid, ``yuliu`` or ``zliu``; they differ for odd sizes.
        workers: Threads of the NumPy path; the result does not depend on it.

    Returns:
        One :class:`PhaseMaps` per image. A constant image has phase congruency 0.

    References:
        P. Kovesi, "Image features from phase congruency", Videre 1(3), 1999; "Phase congruency detects corners
        and edges", DICTA 2003.
    """
    height, width = images[0].shape[-2:]
    bank = LogGaborBank.build(height, width, variant, workers)
    if isinstance(images[0], torch.Tensor):
        return [_maps_torch(image, bank) for image in images]
    return _maps_numpy(images, bank, workers)


def _threshold(median_power: A, bank: LogGaborBank, orientation: int) -> A:
    """Return the noise threshold T of one orientation from the median power of the finest scale."""
    noise = median_power / np.log(2) / bank.finest_power[orientation]
    return (noise * bank.noise_gain[orientation])**0.5 * (_RAYLEIGH / _NOISE_SHRINK)


def _spread_weight(summed: A, largest: A) -> A:
    """Return the sigmoid weight that penalises energy in one scale only."""
    exponent = summed / (largest + _EPS)
    exponent *= -_GAIN / SCALES
    exponent += _GAIN * _CUTOFF
    return 1 / (1 + namespace(summed).exp(exponent))


def _maps_torch(image: torch.Tensor, bank: LogGaborBank) -> PhaseMaps[torch.Tensor]:
    maps = PhaseMaps(image.new_zeros((5, *image.shape)))
    radial = constant_like(bank.radial, image)
    spectrum = torch.fft.fft2(image)
    for o in range(ORIENTATIONS):
        angular = spectrum * constant_like(bank.angular[o], image)
        response = torch.fft.ifft2(angular.unsqueeze(-3) * radial)
        total = response.sum(-3)
        norm = total.abs()
        phase = total.conj() / (norm + _EPS)
        energy = norm * norm / (norm + _EPS) - (response * phase.unsqueeze(-3)).imag.abs().sum(-3)
        amplitude = response.abs()
        finest = amplitude[..., 0, :, :].flatten(-2).sort(-1).values
        n = finest.shape[-1]
        median = (finest[..., (n - 1) // 2]**2 + finest[..., n // 2]**2) / 2
        summed = amplitude.sum(-3)
        energy = (energy - _threshold(median, bank, o)[..., None, None]).clamp(min=0)
        maps.add(o, energy * _spread_weight(summed, amplitude.amax(-3)), summed)
    return maps


def _maps_numpy(images: Sequence[np.ndarray], bank: LogGaborBank, workers: int) -> list[PhaseMaps[np.ndarray]]:
    """Spread (image, half of the orientations) over threads; the two halves are added in a fixed order."""
    spectra = [scipy.fft.fft2(image, workers=workers) for image in images]
    memory = threading.local()

    def respond(job: tuple[int, range]) -> np.ndarray:
        if not hasattr(memory, 'response'):
            memory.response = np.empty((SCALES, *images[0].shape), complex)
        maps = PhaseMaps(np.zeros((5, *images[0].shape)))
        for orientation in job[1]:
            _respond(spectra[job[0]], bank, orientation, memory.response, maps)
        return maps.sums

    jobs = [(index, group) for index in range(len(images)) for group in _GROUPS]
    halves = list(parallel_map(respond, jobs, workers))
    for first, second in zip(halves[::2], halves[1::2], strict=True):
        first += second
    return [PhaseMaps(sums) for sums in halves[::2]]


def _respond(spectrum: np.ndarray, bank: LogGaborBank, orientation: int, response: np.ndarray,
             maps: PhaseMaps[np.ndarray]) -> None:
    """Add one orientation of one image to ``maps``; ``response`` (4, H, W) is scratch memory."""
    strips = row_strips(spectrum.shape[0], spectrum)
    for rows in strips:
        part, angular = spectrum[rows], bank.angular[orientation, rows]
        weighted = np.empty_like(part)
        np.multiply(part.real, angular, out=weighted.real)
        np.multiply(part.imag, angular, out=weighted.imag)
        filtered = response[:, rows]
        np.multiply(weighted.view(float), bank.radial_pairs[:, rows], out=filtered.view(float))
        filtered[...] = scipy.fft.ifft(filtered, axis=-1, overwrite_x=True)
    response = scipy.fft.ifft(response, axis=-2, overwrite_x=True)
    threshold = _threshold(_median_square(np.abs(response[0])), bank, orientation)
    for rows in strips:
        energy, summed = _energy(response[:, rows], threshold)
        maps.add(orientation, energy, summed, rows)


def _energy(response: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Return weighted energy and amplitude sum of some rows; ``response`` (4, rows, W) is overwritten.

    Energy before weighting: ``sum_s [Re e + Im o - |Re o - Im e|] - T`` with (e, o) the mean phase.
    """
    amplitude = np.abs(response)
    phase = response[0] + response[1]
    for part in response[2:]:
        phase += part
    norm = np.abs(phase)
    energy = norm * norm
    norm += _EPS
    energy /= norm
    energy -= threshold
    turn = np.empty((len(norm), 2 * norm.shape[1]))
    np.divide(phase.imag, -norm, out=turn[:, ::2])
    np.divide(phase.real, norm, out=turn[:, 1::2])
    products = response.view(float)
    products *= turn
    for product in products:
        np.add(product[:, ::2], product[:, 1::2], out=norm)
        energy -= np.abs(norm, out=norm)
    np.maximum(energy, 0, out=energy)
    summed = amplitude.sum(0)
    energy *= _spread_weight(summed, amplitude.max(0))
    return energy, summed


def _median_square(amplitude: np.ndarray) -> float:
    """Return the median of the squared amplitudes; a sorted sample brackets it, so that few values are sorted."""
    flat = amplitude.ravel()
    middle = np.array([(flat.size - 1) // 2, flat.size // 2])
    sample = np.sort(flat[::max(1, flat.size // _SAMPLE)])
    slack = 2 * int(sample.size**0.5)
    low, high = sample[max(sample.size // 2 - slack, 0)], sample[min(sample.size // 2 + slack, sample.size - 1)]
    inside = flat[(flat >= low) & (flat <= high)]
    position = middle - np.count_nonzero(flat < low)
    if position[0] < 0 or position[1] >= inside.size:
        inside, position = flat, middle
    lower, upper = np.partition(inside, position)[position]
    return (lower**2 + upper**2) / 2
