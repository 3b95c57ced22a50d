"""Phase congruency and its moments (Kovesi), as Q_P uses them: threads for arrays, batches for tensors."""

from collections.abc import Sequence
from typing import Generic

import numpy as np
import torch

from drfuse.evaluation.functional import phase_kernels
from drfuse.evaluation.functional.arrays import A, constant_like, namespace
from drfuse.evaluation.functional.compiled import compiled_module
from drfuse.evaluation.functional.log_gabor import ORIENTATIONS, SCALES, LogGaborBank
from drfuse.evaluation.functional.phase_kernels import CUTOFF, EPS, GAIN, TINY
from drfuse.evaluation.functional.strips import parallel_map
from drfuse.evaluation.functional.torch_threads import one_torch_thread
from drfuse.evaluation.functional.warm_memory import warm_empty

_NOISE_SIGMAS, _NOISE_SHRINK = 2, 1.7
_RAYLEIGH = np.sqrt(np.pi / 2) + _NOISE_SIGMAS * np.sqrt(2 - np.pi / 2)
_GROUPS = 2
_AT_ONCE = 2  # scales filtered in one pass over the spectrum
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

    def of(self, orientation: int, rows: slice = slice(None)) -> tuple[A, A, A]:
        """Return where an orientation adds its energy and its amplitude, and where it writes the squared ratio."""
        sums = self.sums[group_of(orientation)][..., rows, :]
        return sums[0], sums[1], self.squares[orientation][..., rows, :]

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
        spread = namespace(trace).sqrt(mixed * mixed + difference * difference) + EPS
        return energy / (amplitude + EPS), (trace + spread) / 2, (trace - spread) / 2


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
    bank = LogGaborBank.of_size(height, width, variant, workers)
    if isinstance(images[0], torch.Tensor):
        return [_maps_torch(image, bank) for image in images]
    return _maps_numpy(images, bank, workers)


def _threshold(median_power: A, bank: LogGaborBank, orientation: int) -> A:
    """Return the noise threshold T of one orientation from the median power of the finest scale."""
    noise = median_power / np.log(2) / bank.finest_power[orientation]
    return (noise * bank.noise_gain[orientation])**0.5 * (_RAYLEIGH / _NOISE_SHRINK)


def _median(values: np.ndarray) -> float:
    """Return the median; the values are reordered."""
    middle = values.size // 2
    halves = values.reshape(-1)
    halves.partition(middle)  # one position: with two, NumPy leaves its fast path
    upper = halves[middle]
    lower = upper if values.size % 2 else halves[:middle].max()
    return (lower + upper) / 2


def _maps_torch(image: torch.Tensor, bank: LogGaborBank) -> PhaseMaps[torch.Tensor]:
    maps = PhaseMaps.for_images([image])[0]
    spectrum = torch.fft.fft2(image)
    radial = constant_like(bank.radial, image)
    for o in range(ORIENTATIONS):
        filtered = spectrum * constant_like(bank.angular[o], image)
        responses = torch.fft.ifft2(filtered.unsqueeze(-3) * radial)
        amplitude, mean = responses.abs(), responses.sum(-3)
        norm = mean.abs()
        across = (responses * mean.conj().unsqueeze(-3)).imag.abs().sum(-3)
        finest = amplitude[..., 0, :, :].flatten(-2).sort(-1).values
        n = finest.shape[-1]
        median = (finest[..., (n - 1) // 2]**2 + finest[..., n // 2]**2) / 2
        threshold = _threshold(median, bank, o)[..., None, None]
        energy = ((norm * norm - across) / (norm + EPS) - threshold).clamp(min=0)
        summed = amplitude.sum(-3)
        energy /= 1 + (GAIN * CUTOFF - GAIN / SCALES * summed / (amplitude.amax(-3) + EPS)).exp()
        energies, amplitudes, squares = maps.of(o)
        energies += energy
        amplitudes += summed
        squares[...] = (energy / (summed + TINY))**2
    return maps


def _maps_numpy(images: Sequence[np.ndarray], bank: LogGaborBank, workers: int) -> list[PhaseMaps[np.ndarray]]:
    """Spread (image, half of the orientations) over threads.

    The transforms are torch's: MKL, where torch has it, takes half the time of SciPy's.
    """
    maps = PhaseMaps.for_images(images)

    def respond(job: tuple[int, int]) -> None:
        torch.set_num_threads(1)  # of OpenMP, for each thread its own; two of them wait for each other's helpers
        index, group = job
        _respond(spectra[index], bank, [o for o in range(ORIENTATIONS) if group_of(o) == group], maps[index])

    with one_torch_thread():
        spectra = [torch.fft.fft2(torch.from_numpy(image), norm='forward').contiguous().numpy() for image in images]
        list(parallel_map(respond, [(i, group) for i in range(len(images)) for group in range(_GROUPS)], workers))
    return maps


def _respond(spectrum: np.ndarray, bank: LogGaborBank, orientations: Sequence[int],
             maps: PhaseMaps[np.ndarray]) -> None:
    """Add some orientations of one image to ``maps``."""
    kernels = compiled_module('phase_kernels_compiled') or phase_kernels
    filtered = warm_empty((_AT_ONCE, *spectrum.shape, 2)).view(complex)[..., 0]
    squared = warm_empty(spectrum.shape)
    for o in orientations:
        responses: list[np.ndarray] = []
        for start in range(0, SCALES, _AT_ONCE):
            kernels.filter_spectrum(spectrum, bank.angular[o], bank.radial[start:start + _AT_ONCE], filtered)
            responses += [torch.fft.ifft2(torch.from_numpy(x), norm='forward').contiguous().numpy() for x in filtered]
        kernels.power(responses[0], squared)
        kernels.add_energy(responses, _threshold(_median(squared), bank, o), *maps.of(o))
        del responses  # before the next ones are made: they shall take this memory, still warm
