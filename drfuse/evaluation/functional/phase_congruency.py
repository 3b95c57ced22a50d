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
from drfuse.evaluation.functional.warm_memory import warm_empty

_EPS, _TINY = 1e-4, 1e-300
_NOISE_SIGMAS, _NOISE_SHRINK = 2, 1.7
_CUTOFF, _GAIN = 0.5, 10
_RAYLEIGH = np.sqrt(np.pi / 2) + _NOISE_SIGMAS * np.sqrt(2 - np.pi / 2)
_GROUPS = 2
_STRIP_ROWS = 32
_SIN60 = np.sqrt(3) / 2


class PhaseMaps(Generic[A]):
    """What phase congruency and its principal moments are made of.

    Args:
        sums: (2, 2, ..., H, W): weighted energy and amplitude, summed over the first and over the last orientations.
        squares: (6, ..., H, W): squared ratio of the two in every orientation.
    """

    def __init__(self, sums: A, squares: A) -> None:
        self.sums, self.squares = sums, squares

    @classmethod
    def for_images(cls, images: Sequence[A]) -> list['PhaseMaps[A]']:
        """Return maps without any orientation yet, for images (..., H, W) of one shape."""
        shape = images[0].shape
        size = (len(images), 2 * _GROUPS + ORIENTATIONS, *shape)
        planes = images[0].new_empty(size) if isinstance(images[0], torch.Tensor) else warm_empty(size)
        planes[:, :2 * _GROUPS] = 0
        return [cls(x[:2 * _GROUPS].reshape(_GROUPS, 2, *shape), x[2 * _GROUPS:]) for x in planes]

    def add(self, orientation: int, energy: A, amplitude: A, rows: slice = slice(None)) -> None:
        """Add the weighted energy and the amplitude of one orientation, each (..., rows, W); both are overwritten."""
        sums = self.sums[group_of(orientation)][..., rows, :]
        sums[0] += energy
        sums[1] += amplitude
        amplitude += _TINY
        energy /= amplitude
        self.squares[orientation][..., rows, :] = energy * energy

    def result(self, rows: slice = slice(None)) -> tuple[A, A, A]:
        """Return phase congruency, maximum moment and minimum moment of some rows.

        The mixed term carries 1/6 where later versions of the phase congruency code have 4/6, as in both toolboxes.
        """
        energy, amplitude = self.sums[0][..., rows, :] + self.sums[1][..., rows, :]
        p = self.squares[..., rows, :]
        first, last = p[1] + p[5], p[2] + p[4]
        trace = (first + last + p[0] + p[3]) / 3
        mixed = (p[1] + p[2] - p[4] - p[5]) * (_SIN60 / 12)
        first -= last
        difference = (first / 2 + p[0] - p[3]) / 3
        spread = namespace(trace).sqrt(mixed * mixed + difference * difference) + _EPS
        return energy / (amplitude + _EPS), (trace + spread) / 2, (trace - spread) / 2


def group_of(orientation: int) -> int:
    """Return which half of the orientations one belongs to; the halves are summed apart, so that threads may share."""
    return orientation * _GROUPS // ORIENTATIONS


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


def _median_square(amplitude: np.ndarray) -> float:
    """Return the median of the squared amplitudes."""
    middle = amplitude.size // 2
    halves = np.partition(amplitude.ravel(), middle)  # one position: with two, NumPy leaves its fast path
    upper = halves[middle]
    lower = upper if amplitude.size % 2 else halves[:middle].max()
    return (lower**2 + upper**2) / 2


def _maps_torch(image: torch.Tensor, bank: LogGaborBank) -> PhaseMaps[torch.Tensor]:
    maps = PhaseMaps.for_images([image])[0]
    spectrum = torch.fft.rfft2(image)
    radial = constant_like(bank.radial_pairs[..., ::2], image)
    for o in range(ORIENTATIONS):
        filtered = (spectrum * constant_like(bank.even_pairs[o, :, ::2], image),
                    -1j * spectrum * constant_like(bank.odd_pairs[o, :, ::2], image))
        even, odd = (torch.fft.irfft2(x.unsqueeze(-3) * radial, s=image.shape[-2:]) for x in filtered)
        amplitude = (even * even + odd * odd).sqrt()
        e, d = even.sum(-3), odd.sum(-3)
        norm = (e * e + d * d).sqrt()
        across = (even * d.unsqueeze(-3) - odd * e.unsqueeze(-3)).abs().sum(-3)
        finest = amplitude[..., 0, :, :].flatten(-2).sort(-1).values
        n = finest.shape[-1]
        median = (finest[..., (n - 1) // 2]**2 + finest[..., n // 2]**2) / 2
        threshold = _threshold(median, bank, o)[..., None, None]
        energy = ((norm * norm - across) / (norm + _EPS) - threshold).clamp(min=0)
        summed = amplitude.sum(-3)
        spread = summed / (amplitude.amax(-3) + _EPS)
        maps.add(o, energy / (1 + (_GAIN * _CUTOFF - _GAIN / SCALES * spread).exp()), summed)
    return maps


class _Scratch(threading.local):
    """Memory that a thread works in."""

    def __init__(self, shape: tuple[int, int]) -> None:
        h, w = shape
        self.response = warm_empty((2 * SCALES, h, 2 * (w // 2 + 1))).view(complex)
        self.strips = np.empty((8 + SCALES, _STRIP_ROWS, w))


def _maps_numpy(images: Sequence[np.ndarray], bank: LogGaborBank, workers: int) -> list[PhaseMaps[np.ndarray]]:
    """Spread (image, half of the orientations) over threads."""
    spectra = [scipy.fft.rfft2(image, norm='forward', workers=workers) for image in images]
    maps = PhaseMaps.for_images(images)
    scratch = _Scratch(images[0].shape)

    def respond(job: tuple[int, int]) -> None:
        index, group = job
        spectrum = spectra[index].view(float), (-1j * spectra[index]).view(float)
        for orientation in range(ORIENTATIONS):
            if group_of(orientation) == group:
                _respond(spectrum, bank, orientation, scratch, maps[index])

    list(parallel_map(respond, [(i, group) for i in range(len(images)) for group in range(_GROUPS)], workers))
    return maps


def _respond(spectrum: tuple[np.ndarray, np.ndarray], bank: LogGaborBank, orientation: int, scratch: _Scratch,
             maps: PhaseMaps[np.ndarray]) -> None:
    """Add one orientation of one image, given the spectra of the even and the odd responses, to ``maps``.

    The last step of the transforms runs strip by strip, so that the responses are still in the cache when they
    are needed; only the finest scale is completed before, since the noise threshold depends on it.
    """
    height, width = maps.sums.shape[-2:]
    strips = row_strips(height, spectrum[0], _STRIP_ROWS)
    _filter(spectrum, bank, orientation, scratch.response, strips)
    response = scipy.fft.ifft(scratch.response, axis=-2, norm='forward', overwrite_x=True)
    finest = scipy.fft.irfft(response[:2], n=width, norm='forward')
    amplitude = _magnitude(*finest, np.empty_like(finest[0]), np.empty_like(finest[0]))
    threshold = _threshold(_median_square(amplitude), bank, orientation)
    for rows in strips:
        coarser = scipy.fft.irfft(response[2:, rows], n=width, norm='forward')
        responses = [*finest[:, rows], *coarser]
        buffers = scratch.strips[:, :rows.stop - rows.start]
        maps.add(orientation, *_energy(responses, amplitude[rows], threshold, buffers), rows)


def _filter(spectrum: tuple[np.ndarray, np.ndarray], bank: LogGaborBank, orientation: int, response: np.ndarray,
            strips: Sequence[slice]) -> None:
    """Write the spectra of the even and the odd response of every scale into ``response`` (8, H, W // 2 + 1)."""
    pairs = response.view(float)
    for rows in strips:
        for part, angular in enumerate((bank.even_pairs, bank.odd_pairs)):
            weighted = spectrum[part][rows] * angular[orientation, rows]
            np.multiply(weighted, bank.radial_pairs[:, rows], out=pairs[part::2, rows])


def _energy(responses: Sequence[np.ndarray], finest: np.ndarray, threshold: float,
            buffers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return weighted energy and amplitude sum of some rows.

    With ``e_s + i o_s`` the response of scale s and ``e + i o`` their sum of length n, the energy
    ``sum_s [e_s e + o_s o - |e_s o - o_s e|] / (n + eps)`` is ``(n^2 - sum_s |e_s o - o_s e|) / (n + eps)``.

    Args:
        responses: 8 arrays (rows, W): even, then odd response of every scale.
        finest: (rows, W) amplitude of the finest scale.
        threshold: T of this orientation.
        buffers: (12, rows, W) scratch memory; the results lie in it.
    """
    even, odd = responses[::2], responses[1::2]
    summed, largest, e, o, norm, across, x, y, *amplitudes = buffers
    amplitudes[0] = finest
    for s in range(1, SCALES):
        _magnitude(even[s], odd[s], amplitudes[s], x)
    for total, parts, join in ((summed, amplitudes, np.add), (largest, amplitudes, np.maximum),
                               (e, even, np.add), (o, odd, np.add)):
        join(parts[0], parts[1], out=total)
        for part in parts[2:]:
            join(total, part, out=total)
    _magnitude(e, o, norm, x)
    across[...] = 0
    for s in range(SCALES):
        np.multiply(even[s], o, out=x)
        np.multiply(odd[s], e, out=y)
        x -= y
        across += np.abs(x, out=x)
    return _weighted(norm, across, summed, largest, threshold), summed


def _magnitude(x: np.ndarray, y: np.ndarray, out: np.ndarray, scratch: np.ndarray) -> np.ndarray:
    """Return ``sqrt(x^2 + y^2)`` in ``out``; unlike library functions for it, the same bits wherever the data lies."""
    np.multiply(x, x, out=out)
    out += np.multiply(y, y, out=scratch)
    return np.sqrt(out, out=out)


def _weighted(norm: np.ndarray, across: np.ndarray, summed: np.ndarray, largest: np.ndarray,
              threshold: float) -> np.ndarray:
    """Return the energy above the threshold, with a sigmoid weight that penalises energy in one scale only.

    ``norm``, ``across`` and ``largest`` are overwritten.
    """
    energy = norm * norm
    energy -= across
    norm += _EPS
    energy /= norm
    energy -= threshold
    np.maximum(energy, 0, out=energy)
    largest += _EPS
    weight = np.divide(summed, largest, out=largest)
    weight *= -_GAIN / SCALES
    weight += _GAIN * _CUTOFF
    np.exp(weight, out=weight)
    weight += 1
    energy /= weight
    return energy
