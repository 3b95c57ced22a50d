"""Deconvolution by FFT: Wiener filter and truncated spectrum."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import torch
from torch.nn import functional as F

from drfuse.degradations.boundary import source_index
from drfuse.degradations.convolution import Convolution, fast_shape
from drfuse.degradations.pinv_solvers.base import PinvSolver
from drfuse.registry import PINV_SOLVERS

if TYPE_CHECKING:
    from drfuse.degradations.linear_operator import BoundOperator, LinearOperator, PinvLevel


PERIOD_KERNELS = 3
"""By so many sides of the kernel, and up to a fast size, the period is longer than an image with reflected border."""


class _Plan(NamedTuple):
    """What a bound convolution keeps for its inverse.

    Attributes:
        period: Size of the transform.
        H: Transfer function (B, h, w).
        inverse: Filter (B, 1, h, w).
        symmetric: Which kernels are mirror images of themselves, (B,).
        all_symmetric: Whether all are.
        none_symmetric: Whether none is.
    """

    period: tuple[int, int]
    H: torch.Tensor
    inverse: torch.Tensor
    symmetric: torch.Tensor
    all_symmetric: bool
    none_symmetric: bool


class _FourierPinv(PinvSolver):
    """Divides by the transfer function H on a periodic extension of y.

    A circular convolution is diagonal under the FFT. For the other boundaries y is first continued over
    a gap of some kernel widths that closes the period smoothly; without that the border rings. For
    kernels with mirror symmetry the continuation of y follows from its boundary rule. For others it is
    made consistent in passes: the estimate of x, extended by the rule and blurred, gives the gap.
    """

    consistency_passes: ClassVar[int] = 3

    @abstractmethod
    def inverse_filter(self, H: torch.Tensor, A: BoundOperator) -> torch.Tensor:
        """Return the filter (B, 1, h, w) for the transfer function H (B, h, w)."""

    def __call__(self, A: BoundOperator, y: torch.Tensor) -> torch.Tensor:
        """Return the filtered y (B, C, H, W)."""
        operator = _require_convolution(type(self).__name__, A.operator)
        (height, width), odd = y.shape[-2:], operator.boundary == 'zero'
        key = (repr(self), y.dtype, y.device, (height, width))
        plan = A.kept(key, lambda: self._plan(operator, A, y))
        if operator.boundary == 'circular':
            return _filter(y, plan.inverse)
        x = _filter(close_period(y, plan.period, odd), plan.inverse)[..., :height, :width]
        for _ in range(0 if plan.all_symmetric else self.consistency_passes):
            gap = (0, plan.period[1] - width, 0, plan.period[0] - height)
            blurred = _filter(F.pad(x, gap) if odd else close_period(x, plan.period), plan.H[:, None])
            blurred[..., :height, :width] = y
            again = _filter(blurred, plan.inverse)[..., :height, :width]
            x = again if plan.none_symmetric else torch.where(plan.symmetric.view(-1, 1, 1, 1), x, again)
        return x

    def _plan(self, operator: Convolution, A: BoundOperator, y: torch.Tensor) -> _Plan:
        kernel = operator.typed_kernel(A.params, y)
        # a black gap is no continuation for kernels that need passes: there the shorter one does better
        widths = dict(circular=0, zero=2, reflect=PERIOD_KERNELS)[operator.boundary]
        period = y.shape[-2] + widths * kernel.shape[-2], y.shape[-1] + widths * kernel.shape[-1]
        period = fast_shape(period) if widths else period
        H, symmetric = transfer_function(kernel, period), _mirror_symmetric(kernel)
        return _Plan(period, H, self.inverse_filter(H, A), symmetric, bool(symmetric.all()),
                     not bool(symmetric.any()))


@PINV_SOLVERS.register_module()
class WienerPinv(_FourierPinv):
    """Wiener filter conj(H) / (|H|^2 + gamma) (Eq. 40; H is the kernel's spectrum, errata E8).

    Regularised: A A^+ A = A holds only as gamma goes to 0 (errata E5).

    Args:
        gamma: Noise-to-signal ratio, or ``'auto'``: noise_std^2 / signal_variance, at least ``min_gamma``.
        signal_variance: Typical image variance on the [0, 1] scale; an operator that states the variance of what it
            looks for has the last word (:attr:`~drfuse.degradations.BoundOperator.signal_variance`).
        min_gamma: Smallest automatic gamma.

    Raises:
        ValueError: If gamma is not positive.
    """

    def __init__(self, gamma: float | str = 'auto', signal_variance: float = 0.05, min_gamma: float = 1e-3) -> None:
        if gamma != 'auto' and not (isinstance(gamma, int | float) and gamma > 0):
            raise ValueError(f"WienerPinv gamma must be 'auto' or > 0, got {gamma!r}")
        if min_gamma <= 0 or signal_variance <= 0:
            raise ValueError(f'WienerPinv needs min_gamma and signal_variance > 0, got {min_gamma}, {signal_variance}')
        self.gamma, self.signal_variance, self.min_gamma = gamma, signal_variance, min_gamma

    def inverse_filter(self, H: torch.Tensor, A: BoundOperator) -> torch.Tensor:
        """Return conj(H) / (|H|^2 + gamma)."""
        return (H.conj() / (H.abs().square() + self._gamma(A, H)))[:, None]

    def _gamma(self, A: BoundOperator, H: torch.Tensor) -> torch.Tensor:
        real = H.real
        if self.gamma != 'auto':
            return real.new_tensor([[[float(self.gamma)]]])
        if A.noise_std is None:
            return real.new_tensor([[[self.min_gamma]]])
        ratio = A.noise_std.to(real).square() / (A.signal_variance or self.signal_variance)
        return ratio.clamp(min=self.min_gamma).view(-1, 1, 1)


@PINV_SOLVERS.register_module()
class SpectralPinv(_FourierPinv):
    """Truncated spectrum: 1 / H where |H| > threshold * max |H|, else 0.

    For a circular boundary this is the Moore-Penrose pseudoinverse if the threshold only removes
    frequencies that the kernel blocks. Frequencies below it that the kernel lets through are lost: the
    Penrose conditions then hold up to the threshold. For other boundaries it is an approximation.

    Args:
        threshold: Relative cut, in (0, 1).

    Raises:
        ValueError: If the threshold is not in (0, 1).
    """

    def __init__(self, threshold: float = 1e-6) -> None:
        if not 0 < threshold < 1:
            raise ValueError(f'SpectralPinv threshold must be in (0, 1), got {threshold}')
        self.threshold = threshold

    def level(self, operator: LinearOperator) -> PinvLevel:
        """Return ``iterative`` (Moore-Penrose up to a tolerance) for circular convolutions and a low threshold."""
        circular = getattr(operator, 'boundary', None) == 'circular'
        return 'iterative' if circular and self.threshold <= 1e-6 else 'approximate'  # noqa: PLR2004

    def inverse_filter(self, H: torch.Tensor, A: BoundOperator) -> torch.Tensor:
        """Return 1 / H on the kept frequencies."""
        power = H.abs()
        kept = power > self.threshold * power.amax((-2, -1), keepdim=True)
        return torch.where(kept, 1 / torch.where(kept, H, torch.ones_like(H)), torch.zeros_like(H))[:, None]


def transfer_function(kernel: torch.Tensor, shape: tuple[int, int]) -> torch.Tensor:
    """Return the half spectrum of kernels (B, kh, kw), origin at (kh // 2, kw // 2), for images of ``shape``.

    A kernel larger than the image is wrapped around, as a circular convolution does.
    """
    batch, kh, kw = kernel.shape
    rows = (torch.arange(kh, device=kernel.device) - kh // 2) % shape[0]
    columns = (torch.arange(kw, device=kernel.device) - kw // 2) % shape[1]
    index = (rows[:, None] * shape[1] + columns).flatten()
    wrapped = kernel.new_zeros(batch, shape[0] * shape[1]).index_add(1, index, kernel.reshape(batch, -1))
    return torch.fft.rfft2(wrapped.view(batch, *shape))


def close_period(image: torch.Tensor, period: tuple[int, int], odd: bool = False) -> torch.Tensor:
    """Extend an image to a whole period whose ends meet smoothly.

    Behind the last pixel the mirror image of the end fades into the mirror image of the beginning. A
    scene blurred with a zero boundary falls off like an error function, which is odd about the edge:
    there 2 * (edge level) - mirror image continues it.

    Args:
        image: (B, C, h, w).
        period: Size of the result, at least (h, w).
        odd: Continue oddly (zero boundary) instead of evenly (reflect).

    Returns:
        (B, C, *period), the image in its upper left corner.
    """
    for dim in (-2, -1):
        size = image.shape[dim]
        gap = period[dim] - size
        behind, before = _mirror(image, gap, dim, odd), _mirror(image, gap, dim, odd, ahead=True)
        position = torch.arange(1, gap + 1, device=image.device).to(image)
        # mirrors alone first: what lies at one border is not felt at the other, whose place a window's end may take
        alone = 1 / 4 if odd else 1 / 3
        fade = 0.5 - 0.5 * torch.cos(torch.pi * ((position / (gap + 1) - alone) / (1 - 2 * alone)).clamp(0, 1))
        fade = fade.view(-1, 1) if dim == -2 else fade  # noqa: PLR2004
        image = torch.cat([image, (1 - fade) * behind + fade * before], dim)
    return image


def _mirror(image: torch.Tensor, gap: int, dim: int, odd: bool, ahead: bool = False) -> torch.Tensor:
    """Continue an image by ``gap`` pixels beyond its end, or ``ahead`` of its beginning, in the order of the image."""
    size = image.shape[dim]
    if odd:
        index = torch.arange(size - 1, size - 1 - gap, -1, device=image.device).clamp(min=0)
    else:
        index = source_index(size, 0, gap, 'reflect', image.device)[size:]
    first, second = size - 1, max(size - 2, 0)
    if ahead:
        index, first, second = (size - 1 - index).flip(0), 0, min(1, size - 1)
    mirrored = image.index_select(dim, index)
    if not odd:
        return mirrored
    return 2 * (1.5 * image.narrow(dim, first, 1) - 0.5 * image.narrow(dim, second, 1)) - mirrored


def _mirror_symmetric(kernel: torch.Tensor) -> torch.Tensor:
    """Return which of the kernels (B, kh, kw) are mirror images of themselves in both directions, (B,)."""
    kernel = kernel.detach()
    if min(kernel.shape[-2] % 2, kernel.shape[-1] % 2) == 0:
        return torch.zeros(len(kernel), dtype=torch.bool, device=kernel.device)
    tolerance = 1e-6 * kernel.abs().amax((-2, -1))
    change = torch.stack([(kernel - kernel.flip(dim)).abs().amax((-2, -1)) for dim in (-2, -1)])
    return (change <= tolerance).all(0)


def _filter(image: torch.Tensor, spectrum: torch.Tensor) -> torch.Tensor:
    """Multiply the half spectrum of (B, C, h, w) by (B, 1, h, w // 2 + 1)."""
    return torch.fft.irfft2(torch.fft.rfft2(image) * spectrum, s=image.shape[-2:])


def _require_convolution(name: str, operator: LinearOperator) -> Convolution:
    if not isinstance(operator, Convolution):
        raise TypeError(f'{name} needs a convolution, got {type(operator).__name__}: use CGPinv')
    return operator
