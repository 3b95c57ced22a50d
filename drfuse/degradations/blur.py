"""Blurs: Gaussian, motion, defocus, and any given kernel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from drfuse.degradations.convolution import Convolution
from drfuse.degradations.kernels import disk_kernel, gaussian_kernel, gaussian_support, motion_kernel
from drfuse.registry import DEGRADATIONS
from drfuse.utils.seed import checked_range, uniform
from drfuse.utils.typing import Params, Range

_ANY = float('-inf')


def _checked_size(name: str, size: int) -> int:
    if not isinstance(size, int) or size < 1 or size % 2 == 0:
        raise ValueError(f'{name} kernel_size must be odd and >= 1, got {size!r}')
    return size


def _largest(value: Range) -> float:
    return float(value if isinstance(value, int | float) else max(value))


@DEGRADATIONS.register_module()
class GaussianBlur(Convolution):
    """Gaussian blur, isotropic or anisotropic.

    Args:
        sigma: Standard deviation in pixels, or (low, high); 0 = no blur.
        kernel_size: Odd side of the kernel; None = 4 sigma to each side.
        sigma2: Standard deviation across the main axis; None = isotropic.
        angle: Direction of the main axis in degrees, or (low, high); needs ``sigma2``.
        boundary: ``'circular'``, ``'reflect'`` or ``'zero'``.
        pinv_solver: Solver config; default Wiener.

    Shape:
        x, y: (B, C, H, W).

    Raises:
        ValueError: For negative sigma, even kernel size, or an angle without sigma2.
    """

    strengths = ('sigma', 'sigma2')

    def __init__(self, sigma: Range, kernel_size: int | None = None, sigma2: Range | None = None,
                 angle: Range = 0.0, boundary: str = 'reflect', pinv_solver: dict | None = None) -> None:
        self.sigma = checked_range(sigma, 'GaussianBlur sigma')
        self.sigma2 = None if sigma2 is None else checked_range(sigma2, 'GaussianBlur sigma2')
        self.angle = checked_range(angle, 'GaussianBlur angle', _ANY)
        widest = max(_largest(sigma), _largest(sigma2 or 0.0))
        self.kernel_size = _checked_size('GaussianBlur', gaussian_support(widest) if kernel_size is None
                                         else kernel_size)
        if sigma2 is None and angle != 0.0:
            raise ValueError(f'GaussianBlur angle={angle} needs sigma2: an isotropic kernel has no direction')
        super().__init__(boundary, pinv_solver)

    def sample_params(self, generator: torch.Generator | None) -> Params:
        """Draw sigma (1,), and sigma2 and angle (1,) for an anisotropic blur."""
        params = dict(sigma=uniform(self.sigma, generator, 'GaussianBlur sigma'))
        if self.sigma2 is not None:
            params['sigma2'] = uniform(self.sigma2, generator, 'GaussianBlur sigma2')
            params['angle'] = uniform(self.angle, generator, 'GaussianBlur angle')
        return params

    def kernel(self, params: Params) -> torch.Tensor:
        """Return the sampled Gaussian (B, k, k)."""
        return gaussian_kernel(params['sigma'], self.kernel_size, params.get('sigma2'), params.get('angle'))


@DEGRADATIONS.register_module()
class MotionBlur(Convolution):
    """Blur by straight motion at constant speed during the exposure.

    Args:
        length: Number of pixels passed during the exposure, or (low, high); up to 1 = no blur.
        angle: Direction in degrees, or (low, high).
        kernel_size: Odd side of the kernel; None = fits the longest path.
        boundary: ``'circular'``, ``'reflect'`` or ``'zero'``.
        pinv_solver: Solver config; default Wiener.

    Shape:
        x, y: (B, C, H, W).

    Raises:
        ValueError: For a negative length or an even kernel size.
    """

    strengths = ('length',)

    def __init__(self, length: Range, angle: Range = 0.0, kernel_size: int | None = None,
                 boundary: str = 'reflect', pinv_solver: dict | None = None) -> None:
        self.length = checked_range(length, 'MotionBlur length')
        self.angle = checked_range(angle, 'MotionBlur angle', _ANY)
        self.kernel_size = _checked_size('MotionBlur', 2 * (int(_largest(length)) // 2 + 1) + 1 if kernel_size is None
                                         else kernel_size)
        super().__init__(boundary, pinv_solver)

    def sample_params(self, generator: torch.Generator | None) -> Params:
        """Draw length (1,) and angle (1,)."""
        return dict(length=uniform(self.length, generator, 'MotionBlur length'),
                    angle=uniform(self.angle, generator, 'MotionBlur angle'))

    def kernel(self, params: Params) -> torch.Tensor:
        """Return the path, one pixel wide (B, k, k)."""
        return motion_kernel(params['length'], params['angle'], self.kernel_size)


@DEGRADATIONS.register_module()
class DefocusBlur(Convolution):
    """Blur of a round aperture out of focus: a uniform disk.

    Args:
        radius: Radius of the disk in pixels, or (low, high).
        kernel_size: Odd side of the kernel; None = fits the largest disk.
        boundary: ``'circular'``, ``'reflect'`` or ``'zero'``.
        pinv_solver: Solver config; default Wiener.

    Shape:
        x, y: (B, C, H, W).

    Raises:
        ValueError: For a negative radius or an even kernel size.
    """

    strengths = ('radius',)

    def __init__(self, radius: Range, kernel_size: int | None = None, boundary: str = 'reflect',
                 pinv_solver: dict | None = None) -> None:
        self.radius = checked_range(radius, 'DefocusBlur radius')
        self.kernel_size = _checked_size('DefocusBlur', 2 * int(_largest(radius) + 1) + 1 if kernel_size is None
                                         else kernel_size)
        super().__init__(boundary, pinv_solver)

    def sample_params(self, generator: torch.Generator | None) -> Params:
        """Draw the radius (1,)."""
        return dict(radius=uniform(self.radius, generator, 'DefocusBlur radius'))

    def kernel(self, params: Params) -> torch.Tensor:
        """Return the disk (B, k, k)."""
        return disk_kernel(params['radius'], self.kernel_size)


@DEGRADATIONS.register_module()
class KernelBlur(Convolution):
    """Convolution with a given kernel of any size, odd or even.

    Args:
        kernel: Rows of numbers, or the path of a ``.npy`` file with a 2-D array.
        normalise: Scale the kernel to sum 1.
        boundary: ``'circular'``, ``'reflect'`` or ``'zero'``.
        pinv_solver: Solver config; default Wiener.

    Shape:
        x, y: (B, C, H, W).

    Raises:
        ValueError: If the kernel is not a finite 2-D array, or sums to 0 and is to be normalised.
    """

    def __init__(self, kernel: Sequence[Sequence[float]] | str, normalise: bool = False,
                 boundary: str = 'reflect', pinv_solver: dict | None = None) -> None:
        taps = np.load(Path(kernel), allow_pickle=False) if isinstance(kernel, str) else np.asarray(kernel)
        if taps.ndim != 2 or taps.size == 0 or not np.isfinite(taps.astype(float)).all():  # noqa: PLR2004
            raise ValueError(f'KernelBlur needs a finite 2-D kernel, got shape {taps.shape}')
        if normalise and taps.sum() == 0:
            raise ValueError('KernelBlur cannot normalise a kernel that sums to 0')
        self.taps = (taps / taps.sum() if normalise else taps).astype(np.float64).tolist()
        super().__init__(boundary, pinv_solver)

    def sample_params(self, generator: torch.Generator | None) -> Params:
        """Return the kernel (1, kh, kw)."""
        return dict(kernel=torch.tensor([self.taps], dtype=torch.float64))

    def kernel(self, params: Params) -> torch.Tensor:
        """Return the given kernel (B, kh, kw)."""
        return params['kernel']
