"""Differences, gradients and structural similarity: pure functions of images (B, C, H, W) in [0, 1]."""

from collections.abc import Sequence
from functools import reduce

import torch
from torch.nn import functional as F

_PAD_MODES = {'replicate': 'replicate', 'reflect': 'reflect', 'zero': 'constant'}
_SOBEL_X = ((-1.0, 0.0, 1.0), (-2.0, 0.0, 2.0), (-1.0, 0.0, 1.0))


def pixel_l1(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the mean absolute difference, a scalar."""
    return (x - y).abs().mean()


def psnr_loss(x: torch.Tensor, y: torch.Tensor, floor: float = 1e-5) -> torch.Tensor:
    """Return the mean over samples of 10 log10((mse + floor) / floor) dB, a scalar >= 0: PSNR up to a constant."""
    mse = (x - y).square().flatten(1).mean(1)
    return 10 * ((mse + floor) / floor).log10().mean()


def elementwise_max(images: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return the pixelwise maximum of M >= 1 images of one shape."""
    return reduce(torch.maximum, images)


def sobel_gradient(x: torch.Tensor, norm: float = 1.0, padding: str = 'replicate') -> torch.Tensor:
    """Return the gradient magnitude |S_x * x| + |S_y * x| by 3 x 3 Sobel filters.

    The filters are not normalised: a ramp of slope 1 per pixel gives 8.

    Args:
        x: (B, C, H, W).
        norm: Divisor of the result; 8 makes it a slope per pixel.
        padding: ``replicate``, ``reflect`` or ``zero``.

    Returns:
        (B, C, H, W), not negative.

    Raises:
        ValueError: If ``padding`` is none of these.
    """
    return sobel_components(x, norm, padding).abs().unflatten(1, (x.shape[1], 2)).sum(2)


def sobel_components(x: torch.Tensor, norm: float = 1.0, padding: str = 'replicate') -> torch.Tensor:
    """Return the two signed Sobel derivatives of every channel, (B, 2 C, H, W); see :func:`sobel_gradient`."""
    kernel = x.new_tensor(_SOBEL_X)
    weight = torch.stack((kernel, kernel.T))[:, None].repeat(x.shape[1], 1, 1, 1)
    return F.conv2d(_pad(x, 1, padding), weight, groups=x.shape[1]) / norm


def gaussian_window(size: int, sigma: float, like: torch.Tensor) -> torch.Tensor:
    """Return a (size,) Gaussian window of sum 1, in dtype and on device of ``like``."""
    offsets = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    window = torch.exp(-offsets.square() / (2 * sigma * sigma))
    return (window / window.sum()).to(like)


def ssim_map(x: torch.Tensor, y: torch.Tensor, padding: str = 'reflect', window_size: int = 11,
             sigma: float = 1.5) -> torch.Tensor:
    """Return the structural similarity at every pixel (Wang et al. 2004).

    Gaussian window, biased (population) covariances, C1 = 0.01^2, C2 = 0.03^2, data range 1.

    Args:
        x: (B, C, H, W) in [0, 1].
        y: Same shape.
        padding: ``valid`` keeps the pixels whose window lies in the image; ``reflect``, ``replicate`` and
            ``zero`` extend the image.
        window_size: Odd side of the window in pixels.
        sigma: Its standard deviation in pixels.

    Returns:
        (B, C, H, W), with ``valid`` smaller by ``window_size - 1``; at most 1.

    Raises:
        ValueError: If ``padding`` is none of these, ``window_size`` is even, or the image is too small.
    """
    radius = window_size // 2
    if window_size % 2 == 0:
        raise ValueError(f'ssim needs an odd window_size, got {window_size}')
    needed = {'valid': window_size, 'reflect': radius + 1}.get(padding, 1)
    if min(x.shape[-2:]) < needed:
        raise ValueError(f'ssim with padding {padding!r} needs at least {needed} x {needed} pixels, '
                         f'got {tuple(x.shape[-2:])}')
    window = gaussian_window(window_size, sigma, x)
    stacked = torch.cat((x, y, x * x, y * y, x * y), 1)
    stacked = stacked if padding == 'valid' else _pad(stacked, radius, padding)
    mean_x, mean_y, xx, yy, xy = _filter(stacked, window).chunk(5, 1)
    c1, c2 = 0.01 ** 2, 0.03 ** 2
    luminance = (2 * mean_x * mean_y + c1) / (mean_x.square() + mean_y.square() + c1)
    covariance = 2 * (xy - mean_x * mean_y) + c2
    return luminance * covariance / (xx - mean_x.square() + yy - mean_y.square() + c2)


def ssim(x: torch.Tensor, y: torch.Tensor, padding: str = 'reflect') -> torch.Tensor:
    """Return the mean of :func:`ssim_map`, a scalar."""
    return ssim_map(x, y, padding).mean()


def _pad(x: torch.Tensor, radius: int, padding: str) -> torch.Tensor:
    if padding not in _PAD_MODES:
        raise ValueError(f"padding must be one of {sorted(_PAD_MODES)} (ssim: also 'valid'), got {padding!r}")
    return F.pad(x, (radius,) * 4, mode=_PAD_MODES[padding])


def _filter(x: torch.Tensor, window: torch.Tensor) -> torch.Tensor:
    """Filter rows and columns of every channel with one window, without padding."""
    channels = x.shape[1]
    rows = F.conv2d(x, window.view(1, 1, 1, -1).expand(channels, -1, -1, -1), groups=channels)
    return F.conv2d(rows, window.view(1, 1, -1, 1).expand(channels, -1, -1, -1), groups=channels)
