"""The parts of the reverse process that are exported one by one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from drfuse.degradations.bound_operator import WHOLE_PROBE, probe_signs
from drfuse.degradations.pinv_solvers.fourier import WienerPinv
from drfuse.degradations.pinv_solvers.interpolating import interpolate_cells
from drfuse.diffusion.ddim import implied_noise, predict_x0
from drfuse.diffusion.denoiser import DenoiserOutput, StepCondition
from drfuse.diffusion.samplers import FusionDDIMSampler
from drfuse.export.graph_operator import FACTORS, GraphOperator, cell_means, is_sharp, is_symmetric
from drfuse.export.spectral import Axis, fast_lengths, make_axis, transfer, wiener
from drfuse.models.backbones.folded_light_unet import FoldedLightUNet


class Setup(nn.Module):
    """What depends on size and degradation alone: transforms and filters of one source.

    Args:
        sampler: Of the model.
    """

    def __init__(self, sampler: FusionDDIMSampler) -> None:
        super().__init__()
        self.error_std, self.noise_floor = sampler.error_std, sampler.noise_floor
        self.smooth_cells = sampler.smooth_cells
        self.register_buffer('heights', fast_lengths(0))
        self.register_buffer('widths', fast_lengths(1))
        # a larger image has the pattern again: the probes of its whole and of its windows differ by less than either
        # differs from another pattern
        self.register_buffer('signs', probe_signs((1, WHOLE_PROBE)).flatten().to(torch.int8))

    def forward(self, y: torch.Tensor, kernel: torch.Tensor, sigma: torch.Tensor,
                factor: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return what :func:`~drfuse.export.unrolled.unroll` hands on.

        That is: whether the degradation is valid; whether A^+ y, which without a blur repeats y over cells, is to be
        interpolated between them; the least noise that is assumed (); a pattern of signs (1, 1, H, W); the filters of
        A^+ for an image and for the error of an estimate; transforms and blur as :func:`_operator` takes them; whether
        the kernel is symmetric.
        """
        rows, columns = (make_axis(n, k, lengths) for n, k, lengths in
                         zip(y.shape[-2:], kernel.shape, (self.heights, self.widths), strict=True))
        blur = transfer(rows, columns, kernel)
        solver = WienerPinv()
        level = self._rms(sigma, factor)
        # as Compose tells it to the blur's filter: repeating cells of s x s pixels, noise counts s times
        inverse = self._inverse(blur, kernel, factor * level, solver.signal_variance)
        trusted = inverse if self.error_std is None else \
            self._inverse(blur, kernel, factor * level.clamp(min=self.noise_floor), self.error_std**2)
        valid = sum(factor == f for f in FACTORS).bool() & (sigma.min() >= 0)
        sharp = is_sharp(kernel)
        interpolates = sharp & (factor > 1) & self.smooth_cells
        floor = torch.where(sharp & (factor == 1), 0.0, self.noise_floor)
        return (valid, interpolates, floor, self._probe(y, factor), inverse, trusted, *rows[:3], *columns[:3], blur,
                is_symmetric(kernel))

    @staticmethod
    def _rms(sigma: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
        """Return the RMS (), in which every cell counts once: a pixel by the inverse number of pixels in its cell."""
        rows, columns = (1 / torch.minimum(factor, n - torch.arange(n) // factor * factor) for n in sigma.shape[-2:])
        return ((rows @ sigma[0, 0].square() @ columns) / (rows.sum() * columns.sum())).sqrt()

    @staticmethod
    def _inverse(blur: torch.Tensor, kernel: torch.Tensor, level: torch.Tensor,
                 signal_variance: float) -> torch.Tensor:
        gamma = (level.square() / signal_variance).clamp(min=WienerPinv().min_gamma)
        # a single tap is no blur: its inverse is exact
        return wiener(blur, torch.where(is_sharp(kernel), 0.0, gamma))

    def _probe(self, y: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
        """Return the pattern of an observed image, repeated over its cells."""
        height, width = y.shape[-2:]
        rows, columns = torch.arange(height) // factor, torch.arange(width) // factor
        index = rows[:, None] * ((width + factor - 1) // factor) + columns
        return self.signs[index % len(self.signs)].float()[None, None]


def _operator(parts: Sequence[torch.Tensor], any_kernel: bool) -> GraphOperator:
    *axes, blur = parts
    return GraphOperator(Axis(*axes[:3]), Axis(*axes[3:]), blur, any_kernel)


class Pinv(nn.Module):
    """A^+ y of one source.

    Args:
        any_kernel: As of :class:`~drfuse.export.graph_operator.GraphOperator`.
    """

    def __init__(self, any_kernel: bool) -> None:
        super().__init__()
        self.any_kernel = any_kernel

    def forward(self, y: torch.Tensor, inverse: torch.Tensor, *operator: torch.Tensor) -> tuple[torch.Tensor]:
        """Return (1, 1, H, W)."""
        return (_operator(operator, self.any_kernel).pinv(y[0, 0], inverse)[None, None],)


class Misfit(Pinv):
    """A x - y of one source."""

    def forward(self, x: torch.Tensor, y: torch.Tensor, factor: torch.Tensor,
                *operator: torch.Tensor) -> tuple[torch.Tensor]:
        """Return (1, 1, H, W)."""
        return (_operator(operator, self.any_kernel).forward(x[0, 0], factor)[None, None] - y,)


class InterpolatedCells(nn.Module):
    """A^+ y of one source without a blur, as the sampler interpolates it between cells."""

    def forward(self, known: torch.Tensor, factor: torch.Tensor) -> tuple[torch.Tensor]:
        """Return (1, 1, H, W)."""
        return (interpolate_cells(known[0, 0], factor, lambda x: cell_means(x, factor))[None, None],)


class KeptCells(nn.Module):
    """A^+ y as it is."""

    def forward(self, known: torch.Tensor, factor: torch.Tensor) -> tuple[torch.Tensor]:
        """Return (1, 1, H, W)."""
        return (known.clone(),)


class _Part(nn.Module):
    """A part of the sampler's loop at one step.

    Args:
        sampler: Of the model.
        t: Step, 1..T; the first state comes before T.
    """

    def __init__(self, sampler: FusionDDIMSampler, t: int) -> None:
        super().__init__()
        self.t = t
        self.range = sampler.x0_range
        self.register_buffer('bars', sampler.schedule.alpha_bars().detach())

    def bound(self, x: torch.Tensor) -> torch.Tensor:
        """Clip as the sampler does."""
        return x if self.range is None else x.clamp(*self.range)


class Start(_Part):
    """The first state, and the noise of A^+ y."""

    def forward(self, known_a: torch.Tensor, known_b: torch.Tensor, response_a: torch.Tensor, response_b: torch.Tensor,
                sigma_a: torch.Tensor, sigma_b: torch.Tensor, floor_a: torch.Tensor,
                floor_b: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return x_T (1, 3, H, W), A^+ y (1, 2, H, W), the noises of both and the estimates of both sources."""
        known = self.bound(torch.cat((known_a, known_b), 1))
        x = self.bars[-1].sqrt() * torch.cat((known, known.mean(1, keepdim=True)), 1)
        noises = [torch.maximum(sigma, floor) * response.square().mean().sqrt()
                  for sigma, response, floor in ((sigma_a, response_a, floor_a), (sigma_b, response_b, floor_b))]
        return x, known, *noises, known[:, :1], known[:, 1:]


class Predict(_Part):
    """The network at one step, and what it takes the images for (Eq. 16)."""

    def __init__(self, sampler: FusionDDIMSampler, t: int, network: FoldedLightUNet) -> None:
        super().__init__(sampler, t)
        self.network = network

    def forward(self, x: torch.Tensor, known: torch.Tensor, residual_a: torch.Tensor, residual_b: torch.Tensor,
                sigma_a: torch.Tensor, sigma_b: torch.Tensor, *memory: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return x_0 and noise (1, 3, H, W), logits (1, K, H, W), the estimates of both sources, and the memory."""
        residual = torch.cat((residual_a, residual_b), 1)
        if self.range is not None:
            half = (self.range[1] - self.range[0]) / 2
            residual = residual.clamp(-half, half)
        eps, logits, notes = self._run(x, known, residual, torch.cat((sigma_a, sigma_b), 1), memory)
        bar = self.bars[self.t]
        x0 = predict_x0(x, eps, bar)
        if self.range is not None:
            x0 = self.bound(x0)
            eps = implied_noise(x, x0, bar)
        return x0, eps, logits, x0[:, :1], x0[:, 1:2], *(notes or ())

    def _run(self, x: torch.Tensor, known: torch.Tensor, residual: torch.Tensor,
             sigma: torch.Tensor, memory: tuple[torch.Tensor, ...]) -> DenoiserOutput:
        (height, width), d = x.shape[-2:], self.network.size_divisibility
        image = F.pad(torch.cat((x, known, residual, sigma), 1), (0, -width % d, 0, -height % d), mode='reflect')
        x, known, residual, sigma = image.split((x.shape[1], 2, 2, 2), 1)
        cond = StepCondition(known, residual, sigma, memory=memory or None, alpha_bar=self.bars[self.t])
        eps, logits, notes = self.network.at_step(self.t, x, cond)
        return DenoiserOutput(eps[..., :height, :width], logits[..., :height, :width], notes)


class Correct(_Part):
    """The correction at one step (Eq. 19) and the next state (Eq. 18)."""

    def __init__(self, sampler: FusionDDIMSampler, t: int) -> None:
        super().__init__(sampler, t)
        self.fusion, self.scale = sampler.fusion, sampler.correction_scale

    def forward(self, x0: torch.Tensor, eps: torch.Tensor, logits: torch.Tensor, residual_a: torch.Tensor,
                residual_b: torch.Tensor, noise_a: torch.Tensor, noise_b: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the next state, fused image, weight of source 1 and the estimates of both sources."""
        weights = self.fusion(logits, 2)
        scale = self.scale(self.t, self.bars, (noise_a, noise_b))
        first, second, fused = x0.split(1, 1)
        sources = [source - s * d for source, s, d in
                   zip((first, second), scale.sources, (residual_a, residual_b), strict=True)]
        fused = fused - scale.fused * (fused - weights.fuse(sources))
        x0 = self.bound(torch.cat((*sources, fused), 1))
        previous = self.bars[self.t - 1]
        x = x0 if self.t == 1 else previous.sqrt() * x0 + (1 - previous).sqrt() * eps
        estimates = x / previous.sqrt()
        return x, x[:, 2:], weights.maps[:, :1], estimates[:, :1], estimates[:, 1:2]


class Finish(nn.Module):
    """Numbers that are none, where the degradation is not one that the graph takes."""

    def forward(self, fused: torch.Tensor, restored_a: torch.Tensor, restored_b: torch.Tensor, weight: torch.Tensor,
                valid_a: torch.Tensor, valid_b: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the results."""
        refused = torch.where(valid_a & valid_b, 0.0, torch.nan)
        return fused + refused, restored_a + refused, restored_b + refused, weight + refused
