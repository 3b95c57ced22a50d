"""A differentiable measure of how well phase congruency survives fusion, the loss form of Q_P."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional as F

from drfuse.evaluation.functional.log_gabor import ORIENTATIONS, SCALES, LogGaborBank
from drfuse.evaluation.functional.phase_kernels import CUTOFF, EPS, GAIN
from drfuse.models.losses.functional import gaussian_window

_NOISE = (np.sqrt(np.pi / 2) + 2 * np.sqrt(2 - np.pi / 2)) / 1.7
_FEATURE, _STABILISER = 0.1, 1e-4
_SIN60 = np.sqrt(3) / 2
_REACH, _SIGMA = 5, 1.5


def phase_quality(fused: torch.Tensor, sources: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return how much of the sources' phase congruency a fused image keeps, per sample (B,).

    The loss form of Q_P (J. Zhao, R. Laganiere, Z. Liu, Int. J. Innovative Computing, Information and Control
    3(6A):1433-1447, 2007), see :func:`~drfuse.evaluation.functional.zhao.q_p`: features count by their phase, whatever
    their contrast, and every pixel by the source, or the stronger of them, that it is most like. Other than there, more
    than two sources are allowed, and images without any feature have quality 0.

    Args:
        fused: (B, 1, H, W) in [0, 1]; of a crop, the filters see its opposite borders side by side.
        sources: M images of the same shape.
    """
    with torch.no_grad():
        kept = torch.stack([phase_maps(source) for source in sources])
        strongest = kept[:, :, :1].argmax(0, keepdim=True).expand(1, *kept.shape[1:])
        kept = torch.cat((kept, kept.gather(0, strongest)))
        masks = (kept[:, :, :1] > _FEATURE).to(kept)
        featured = masks[-1].sum((1, 2, 3))
    best = torch.amax(_correlation(kept * masks, phase_maps(fused)) * masks, 0)
    return (best.sum((2, 3)) / featured.clamp(min=1)[:, None]).prod(1)


def phase_maps(image: torch.Tensor) -> torch.Tensor:
    """Return phase congruency with its maximum and minimum moment (B, 3, H, W) of images (B, 1, H, W) in [0, 1].

    P. Kovesi, "Image features from phase congruency", Videre 1(3), 1999; parameters as in
    :func:`~drfuse.evaluation.functional.phase_congruency.phase_congruency`.
    """
    bank = LogGaborBank.of_size(*image.shape[-2:], 'yuliu')
    radial, angular = torch.as_tensor(bank.radial).to(image), torch.as_tensor(bank.angular).to(image)
    spectrum = torch.fft.fft2(255 * image) * angular                              # (B, O, H, W)
    responses = torch.fft.ifft2(spectrum[:, :, None] * radial)                    # (B, O, S, H, W)
    amplitudes, mean = _modulus(responses), responses.sum(2)
    norm = _modulus(mean)
    across = (responses * mean.conj()[:, :, None]).imag.abs().sum(2)
    energy = F.relu((norm.square() - across) / (norm + EPS) - _thresholds(amplitudes[:, :, 0], bank))
    total = amplitudes.sum(2)
    spread = total / (amplitudes.amax(2) + EPS) / SCALES
    energy = energy * torch.sigmoid(GAIN * (spread - CUTOFF))
    congruency = energy.sum(1, keepdim=True) / (total.sum(1, keepdim=True) + EPS)
    return torch.cat((congruency, _moments((energy / (total + EPS)).square())), 1)


def _moments(p: torch.Tensor) -> torch.Tensor:
    """Return the maximum and minimum moment (B, 2, H, W) of what lies in each of six orientations."""
    trace = p.sum(1) / (ORIENTATIONS / 2)
    mixed = (p[:, 1] + p[:, 2] - p[:, 4] - p[:, 5]) * (_SIN60 / 12)
    difference = ((p[:, 1] + p[:, 5] - p[:, 2] - p[:, 4]) / 2 + p[:, 0] - p[:, 3]) / 3
    spread = (mixed.square() + difference.square() + EPS**2).sqrt()
    return torch.stack((trace + spread, trace - spread), 1) / 2


def _thresholds(finest: torch.Tensor, bank: LogGaborBank) -> torch.Tensor:
    """Return the energy (B, O, 1, 1) that noise has, from the median power of the finest scale."""
    power = finest.detach().flatten(2).median(-1).values.square() / np.log(2)
    gain = torch.as_tensor(bank.noise_gain / bank.finest_power).to(finest)
    return ((power * gain).sqrt() * _NOISE)[..., None, None]


def _modulus(z: torch.Tensor) -> torch.Tensor:
    """Return |z|, with a gradient at 0."""
    return (z.real.square() + z.imag.square() + 1e-12).sqrt()


def _correlation(kept: torch.Tensor, fused: torch.Tensor) -> torch.Tensor:
    """Return the local correlation (N, B, C, H, W) of N maps (N, B, C, H, W) with that of the fused image."""
    fused = fused.expand_as(kept)
    moments = _window_mean(torch.stack((kept, fused, kept.square(), fused.square(), kept * fused)))
    mean, mean_f, power, power_f, product = moments
    spread = (power - mean.square()).clamp(min=0) * (power_f - mean_f.square()).clamp(min=0)
    return (product - mean * mean_f + _STABILISER) / ((spread + _STABILISER**3).sqrt() + _STABILISER)


def _window_mean(x: torch.Tensor) -> torch.Tensor:
    """Return Gaussian means over 11 x 11 windows; beyond the border is 0."""
    taps = gaussian_window(2 * _REACH + 1, _SIGMA, x)
    flat = x.flatten(0, -3)[:, None]
    rows = F.conv2d(flat, taps.view(1, 1, -1, 1), padding=(_REACH, 0))
    return F.conv2d(rows, taps.view(1, 1, 1, -1), padding=(0, _REACH))[:, 0].view_as(x)
