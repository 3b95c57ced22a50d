"""How strongly the joint correction acts: Sigma_t of Eq. 19, per block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from mmengine.model import BaseModule

from drfuse.degradations.joint_observation import BlockScale, Scale
from drfuse.registry import SAMPLERS


class CorrectionScale(Protocol):
    """Gives Sigma_t; learned or not."""

    def __call__(self, t: int, alpha_bars: torch.Tensor, sigmas: Sequence[torch.Tensor]) -> BlockScale:
        """Return the scale of each block.

        Args:
            t: Step, T..1.
            alpha_bars: (T + 1,) abar_0..abar_T.
            sigmas: One a source: standard deviation of the noise of A^+ y, broadcastable to (B, 1, H, W).
        """


@SAMPLERS.register_module()
class ConstantScale(BaseModule):
    """The same scale at every step; 1 is Eq. 17.

    Args:
        value: Scale in [0, 1] of all source blocks, or one a source.
        fused: Scale of the fused block; None = the mean of the sources'. With 1, and the sampler's fused update
            ``'consistent'``, the fused image is exactly the weighted sum of the corrected sources; below, the
            network's own fused channel counts.

    Raises:
        ValueError: If a value is not in [0, 1].
    """

    def __init__(self, value: float | Sequence[float] = 1.0, fused: float | None = None) -> None:
        super().__init__()
        values = [value] if isinstance(value, int | float) else list(value)
        if not all(0 <= v <= 1 for v in [*values, fused or 0]):
            raise ValueError(f'ConstantScale needs values in [0, 1], got {value} and fused={fused}')
        self.values, self.fused = values, fused

    def forward(self, t: int, alpha_bars: torch.Tensor, sigmas: Sequence[torch.Tensor]) -> BlockScale:
        """Return the constants."""
        values = self.values * len(sigmas) if len(self.values) == 1 else self.values
        if len(values) != len(sigmas):
            raise ValueError(f'ConstantScale has {len(values)} values for {len(sigmas)} sources')
        fused = sum(values) / len(values) if self.fused is None else self.fused
        return BlockScale(tuple(values), fused)


@SAMPLERS.register_module()
class DDNMPlusScale(BaseModule):
    """lambda_t of DDNM+: as strong as the noise of the observation allows at step t.

    Y. Wang, J. Yu, J. Zhang, "Zero-shot image restoration using denoising diffusion null-space model",
    ICLR 2023, Sec. 3.3, for a scalar operator; paper Eq. 19 and Supplement C.

    Args:
        sigma_y: None = from each observation, times the gain of A^+; a number replaces it (the release: 0.03).
        use_gain: Multiply sigma by the RMS noise gain of A^+; ignored if ``sigma_y`` is given.
        fused: ``'mean'`` = mean of the sources' scales; or a number in [0, 1].

    Raises:
        ValueError: If sigma_y < 0 or fused is neither ``'mean'`` nor in [0, 1].
    """

    def __init__(self, sigma_y: float | None = None, use_gain: bool = True, fused: str | float = 'mean') -> None:
        super().__init__()
        if sigma_y is not None and sigma_y < 0:
            raise ValueError(f'DDNMPlusScale sigma_y must be >= 0, got {sigma_y}')
        if fused != 'mean' and not (isinstance(fused, int | float) and 0 <= fused <= 1):
            raise ValueError(f"DDNMPlusScale fused must be 'mean' or in [0, 1], got {fused!r}")
        self.sigma_y, self.use_gain, self.fused = sigma_y, use_gain, fused

    def forward(self, t: int, alpha_bars: torch.Tensor, sigmas: Sequence[torch.Tensor]) -> BlockScale:
        """Return lambda_t of each source for its sigma."""
        if self.sigma_y is not None:
            sigmas = [s.new_full((1, 1, 1, 1), self.sigma_y) for s in sigmas]
        scales = tuple(ddnm_plus_lambda(alpha_bars[t], alpha_bars[t - 1], s) for s in sigmas)
        fused: Scale = sum(scales) / len(scales) if self.fused == 'mean' else self.fused  # type: ignore[assignment]
        return BlockScale(scales, fused)


@SAMPLERS.register_module()
class LearnedScale(BaseModule):
    """A scale learned for every step and block, bounded, and damped by the noise.

    scale = sigmoid(bias_t) / (1 + (sigma / error_t)^2): the gain of a Kalman filter that weighs an observation with
    noise sigma against an estimate with an error of standard deviation error_t. A clean observation is trusted as far
    as the bias says; noise as strong as the estimate's own error halves that.

    Args:
        num_steps: T.
        num_sources: M.
        start: Initial scale in (0, 1) of a clean observation.
        error_std: Initial error_t, images in [0, 1].
        fused: A number in [0, 1] fixes the scale of the fused block, see :class:`ConstantScale`. None = learned.
        keep_exact: Where sigma is exactly 0 the scale is 1, and x agrees with the observation (Eq. 17).

    Raises:
        ValueError: If start is not in (0, 1), error_std not positive, or fused not in [0, 1].
    """

    def __init__(self, num_steps: int, num_sources: int = 2, start: float = 0.9, error_std: float = 0.02,
                 fused: float | None = None, keep_exact: bool = False) -> None:
        super().__init__()
        if fused is not None and not 0 <= fused <= 1:
            raise ValueError(f'LearnedScale fused must be None or in [0, 1], got {fused}')
        self.fused, self.keep_exact = fused, keep_exact
        if not 0 < start < 1:
            raise ValueError(f'LearnedScale start must be in (0, 1), got {start}')
        if not error_std > 0:
            raise ValueError(f'LearnedScale error_std must be > 0, got {error_std}')
        blocks = num_sources + (fused is None)
        self.bias = torch.nn.Parameter(torch.logit(torch.full((num_steps, blocks), float(start))))
        # its logarithm: steps of an optimiser are then relative, and the error stays positive
        self.log_error = torch.nn.Parameter(torch.full((num_steps, num_sources), float(error_std)).log())

    def forward(self, t: int, alpha_bars: torch.Tensor, sigmas: Sequence[torch.Tensor]) -> BlockScale:
        """Return the learned scales for the sources' sigmas."""
        num_steps, num_sources = self.log_error.shape
        if len(sigmas) != num_sources:
            raise ValueError(f'LearnedScale with num_sources={num_sources} got {len(sigmas)} sources')
        if len(alpha_bars) != num_steps + 1:
            raise ValueError(f'LearnedScale with num_steps={num_steps} got a schedule of {len(alpha_bars) - 1} steps')
        trust = torch.sigmoid(self.bias[t - 1])
        error = self.log_error[t - 1].exp()
        damped = tuple(trust[i] / (1 + (s / error[i]).square()) for i, s in enumerate(sigmas))
        if self.keep_exact:
            damped = tuple(torch.where(s == 0, 1.0, scale) for s, scale in zip(sigmas, damped, strict=True))
        return BlockScale(damped, trust[-1] if self.fused is None else self.fused)


def ddnm_plus_lambda(alpha_bar: torch.Tensor, alpha_bar_previous: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """Return lambda_t = min(1, sigma_t / (a_t sigma_y)).

    a_t = sqrt(abar_{t-1}) beta_t / (1 - abar_t) is the weight of x0 in the posterior mean and sigma_t the posterior
    standard deviation of the ancestral step: noise that the correction brings in must fit into it.

    Args:
        alpha_bar: abar_t, scalar.
        alpha_bar_previous: abar_{t-1}, scalar.
        sigma: Noise of A^+ y, any shape, images in [0, 1].
    """
    beta = 1 - alpha_bar / alpha_bar_previous
    variance = beta * (1 - alpha_bar_previous) / (1 - alpha_bar)
    sigma_t = variance.clamp(min=1e-12).sqrt()
    weight = alpha_bar_previous.sqrt() * beta / (1 - alpha_bar)
    return (sigma_t / (weight * sigma).clamp(min=1e-12)).clamp(max=1)
