"""Convolution with any boundary rule: the base of all blurs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import torch
from torch.nn import functional as F

from drfuse.degradations.boundary import check_boundary, extend, extend_adjoint
from drfuse.degradations.linear_operator import LinearOperator
from drfuse.degradations.separable import SeparableTaps, can_filter, filter_separable, split_kernel
from drfuse.utils.typing import ImageShape, Params

if TYPE_CHECKING:
    from drfuse.degradations.bound_operator import BoundOperator

_DIRECT_TAPS = 49
"""Kernels up to 7 x 7 are applied directly, larger ones by FFT."""


class _Plan(NamedTuple):
    """What a bound convolution keeps.

    Attributes:
        kernel: (B, kh, kw).
        taps: Factors of each kernel, None if one is no product.
        shape: Of the transform.
    """

    kernel: torch.Tensor
    taps: list[SeparableTaps] | None
    shape: tuple[int, int]


def fast_shape(shape: tuple[int, int]) -> tuple[int, int]:
    """Return the next sizes (H, W) with fast real FFTs.

    Products of 2, 3, 5 and 7, the width an even one, whose transform is half as long: in MKL and pocketfft an odd width
    of the same size takes twice the time.
    """
    return _smooth(shape[0]), 2 * _smooth(-(-shape[1] // 2))


@lru_cache(maxsize=256)
def _smooth(number: int) -> int:
    """Return the next product of 2, 3, 5 and 7."""
    while _without_small_factors(number) > 1:
        number += 1
    return number


def _without_small_factors(number: int) -> int:
    for factor in (2, 3, 5, 7):
        while number % factor == 0:
            number //= factor
    return number


class Convolution(LinearOperator):
    """y = k * x with the image extended by a boundary rule; output size = input size.

    The kernel's origin is its element (kh // 2, kw // 2). A subclass gives :meth:`kernel`.

    Args:
        boundary: ``'circular'``, ``'reflect'`` (the edge pixel is not repeated) or ``'zero'``.
        pinv_solver: Solver config; default Wiener (Eq. 40).

    Shape:
        x, y: (B, C, H, W).

    Raises:
        ValueError: If the boundary is unknown.
    """

    default_pinv_solver: ClassVar[dict | None] = dict(type='WienerPinv')

    def __init__(self, boundary: str = 'reflect', pinv_solver: dict | None = None) -> None:
        self.boundary = check_boundary(boundary)
        super().__init__(pinv_solver)

    @abstractmethod
    def kernel(self, params: Params) -> torch.Tensor:
        """Return the kernels (B, kh, kw) in the dtype of the parameters."""

    def typed_kernel(self, params: Params, like: torch.Tensor) -> torch.Tensor:
        """Return the kernels (B, kh, kw) in the dtype and on the device of ``like``."""
        # taps are computed in float64: single precision would move them by more than the data's grid
        wide = {k: v.double() if v.is_floating_point() else v for k, v in params.items()}
        return self.kernel(wide).to(like)

    def forward(self, x: torch.Tensor, params: Params) -> torch.Tensor:
        """Return k * x."""
        kernel = self.typed_kernel(params, x)
        return convolve_valid(extend(x, kernel_margin(kernel), self.boundary), kernel)

    def forward_bound(self, A: BoundOperator, x: torch.Tensor) -> torch.Tensor:
        """Return k * x by the cheapest of: two passes of a separable kernel, a direct sum, a kept spectrum."""
        key = x.dtype, x.device, x.shape[-2:]
        plan = A.kept(('convolution', *key), lambda: self._plan(A, x))
        if plan.taps is not None and self.boundary != 'circular' and can_filter(x):
            return filter_separable(x, plan.taps, self.boundary)
        left, right, top, bottom = kernel_margin(plan.kernel)
        if plan.kernel[0].numel() <= _DIRECT_TAPS:
            return convolve_valid(extend(x, (left, right, top, bottom), self.boundary), plan.kernel)
        (height, width), (kh, kw) = x.shape[-2:], plan.kernel.shape[-2:]
        # what lies behind the margin of the other side is not seen: extended at once to the size of the transform
        pad = left, plan.shape[1] - left - width, top, plan.shape[0] - top - height
        kernels = A.kept(('spectrum', *key), lambda: torch.fft.rfft2(plan.kernel, s=plan.shape))
        spectrum = torch.fft.rfft2(extend(x, pad, self.boundary)) * kernels[:, None]
        return torch.fft.irfft2(spectrum, s=plan.shape)[..., kh - 1:kh - 1 + height, kw - 1:kw - 1 + width]

    def _plan(self, A: BoundOperator, x: torch.Tensor) -> _Plan:
        kernel = self.typed_kernel(A.params_for(x), x)
        left, right, top, bottom = kernel_margin(kernel)
        shape = fast_shape((x.shape[-2] + top + bottom, x.shape[-1] + left + right))
        taps = None if kernel.requires_grad else [split_kernel(k) for k in kernel]
        return _Plan(kernel, None if taps is None or None in taps else taps, shape)  # type: ignore[arg-type]

    def adjoint(self, y: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return the transpose: full correlation with k, folded back at the borders."""
        kernel = self.typed_kernel(params, y)
        return extend_adjoint(convolve_valid_adjoint(y, kernel), kernel_margin(kernel), self.boundary)

    def reach(self, params: Params) -> int | None:
        """Return half the kernel; None where the image is continued from its other side."""
        return None if self.boundary == 'circular' else max(self.kernel(params).shape[-2:]) // 2

    def noise_variance(self, variance: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return the variance after filtering white noise: variance convolved with k^2.

        Exact for circular and zero boundaries; the correlation that reflection makes within one kernel
        width of the border is left out.
        """
        squared = self.typed_kernel(params, variance).square()
        if variance.shape[-2:] == (1, 1) and self.boundary != 'zero':
            return variance * squared.sum((-2, -1)).view(-1, 1, 1, 1)
        full = variance.expand(-1, -1, *image_shape)
        return convolve_valid(extend(full, kernel_margin(squared), self.boundary), squared).clamp(min=0)


def kernel_margin(kernel: torch.Tensor) -> tuple[int, int, int, int]:
    """Return (left, right, top, bottom) by which an image must be extended for (B, kh, kw)."""
    (kh, kw) = kernel.shape[-2:]
    return kw - 1 - kw // 2, kw // 2, kh - 1 - kh // 2, kh // 2


def convolve_valid(x: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """Convolve (B, C, H, W) with (1 or B, kh, kw) where the kernel fits inside: (B, C, H-kh+1, W-kw+1)."""
    kh, kw = kernel.shape[-2:]
    height, width = x.shape[-2:]
    if kh * kw <= _DIRECT_TAPS:
        return _grouped(F.conv2d, x, kernel.flip(-2, -1))
    shape = fast_shape((height, width))
    product = torch.fft.rfft2(x, s=shape) * torch.fft.rfft2(kernel, s=shape)[:, None]
    return torch.fft.irfft2(product, s=shape)[..., kh - 1:height, kw - 1:width]


def convolve_valid_adjoint(y: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """Apply the transpose of :func:`convolve_valid`: (B, C, h, w) to (B, C, h+kh-1, w+kw-1)."""
    kh, kw = kernel.shape[-2:]
    if kh * kw <= _DIRECT_TAPS:
        return _grouped(F.conv_transpose2d, y, kernel.flip(-2, -1))
    height, width = y.shape[-2] + kh - 1, y.shape[-1] + kw - 1
    shape = fast_shape((height, width))
    flipped = kernel.flip(-2, -1)
    product = torch.fft.rfft2(y, s=shape) * torch.fft.rfft2(flipped, s=shape)[:, None]
    return torch.fft.irfft2(product, s=shape)[..., :height, :width]


def _grouped(function: Callable[..., torch.Tensor], image: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """Run a convolution function with one kernel a sample, the same for all channels."""
    batch, channels, height, width = image.shape
    weight = kernel[:, None, None].expand(batch, channels, 1, *kernel.shape[-2:])
    flat = weight.reshape(batch * channels, 1, *kernel.shape[-2:])
    out = function(image.reshape(1, batch * channels, height, width), flat, groups=batch * channels)
    return out.view(batch, channels, *out.shape[-2:])
