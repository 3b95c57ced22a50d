"""Point-spread functions: pure functions from parameters (B,) to kernels (B, k, k) that sum to 1."""

import math

import torch

_SHARPEST = 1e-2  # pixels; below this a Gaussian is a single pixel in float64 as well
_ON_PATH = 1e-24  # squared pixels; a square root has no slope at 0


def _offsets(size: int, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    axis = torch.arange(size, dtype=like.dtype, device=like.device) - size // 2
    return axis.view(1, -1, 1), axis.view(1, 1, -1)


def _normalise(kernel: torch.Tensor) -> torch.Tensor:
    return kernel / kernel.sum((-2, -1), keepdim=True)


def gaussian_kernel(sigma: torch.Tensor, size: int, sigma2: torch.Tensor | None = None,
                    angle: torch.Tensor | None = None) -> torch.Tensor:
    """Sampled Gaussian.

    Args:
        sigma: (B,) standard deviation in pixels along the first axis; 0 gives a single pixel.
        size: Side of the kernel in pixels.
        sigma2: (B,) standard deviation along the second axis; None = ``sigma``.
        angle: (B,) direction of the first axis in degrees, counted from the image's x axis.

    Returns:
        (B, size, size), sum 1.
    """
    y, x = _offsets(size, sigma)
    first = sigma.clamp(min=_SHARPEST).view(-1, 1, 1)
    second = first if sigma2 is None else sigma2.clamp(min=_SHARPEST).view(-1, 1, 1)
    turn = torch.zeros_like(first) if angle is None else torch.deg2rad(angle).view(-1, 1, 1)
    along = x * torch.cos(turn) + y * torch.sin(turn)
    across = y * torch.cos(turn) - x * torch.sin(turn)
    return _normalise(torch.exp(-0.5 * ((along / first).square() + (across / second).square())))


def motion_kernel(length: torch.Tensor, angle: torch.Tensor, size: int) -> torch.Tensor:
    """Straight motion at constant speed, one pixel wide.

    Args:
        length: (B,) number of pixels passed; up to 1 gives a single pixel.
        angle: (B,) direction in degrees, counted from the image's x axis.
        size: Side of the kernel in pixels.

    Returns:
        (B, size, size), sum 1.
    """
    y, x = _offsets(size, length)
    turn, half = torch.deg2rad(angle).view(-1, 1, 1), (length.view(-1, 1, 1) - 1).clamp(min=0) / 2
    along = x * torch.cos(turn) + y * torch.sin(turn)
    across = y * torch.cos(turn) - x * torch.sin(turn)
    beyond = (along.abs() - half).clamp(min=0)
    return _normalise((1 - torch.sqrt((beyond.square() + across.square()).clamp(min=_ON_PATH))).clamp(min=0))


def disk_kernel(radius: torch.Tensor, size: int) -> torch.Tensor:
    """Uniform disk with an antialiased rim: the defocus of a round aperture.

    Args:
        radius: (B,) radius in pixels; 0 gives a single pixel.
        size: Side of the kernel in pixels.

    Returns:
        (B, size, size), sum 1.
    """
    y, x = _offsets(size, radius)
    distance = torch.sqrt(x.square() + y.square())
    return _normalise((radius.view(-1, 1, 1) + 0.5 - distance).clamp(0, 1))


def gaussian_support(sigma: float) -> int:
    """Return an odd kernel side that leaves less than 1e-4 of a Gaussian outside (4 sigma)."""
    return 2 * max(1, math.ceil(4 * sigma)) + 1
