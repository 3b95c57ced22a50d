"""Classical fusion rules: pure functions of two luminance images."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch.nn import functional as F

from drfuse.registry import FUSERS

Fuser = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Two images (B, 1, H, W) in [0, 1] -> the fused one."""

_REDUCE = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16


def build_fuser(cfg: str | dict) -> Fuser:
    """Return a fusion rule by name, or by a config with arguments.

    Raises:
        ValueError: If the name is unknown; the message lists the known ones.
    """
    arguments = dict(type=cfg) if isinstance(cfg, str) else dict(cfg)
    name = arguments.pop('type')
    rule = FUSERS.get(name)
    if rule is None:
        raise ValueError(f'fuser {name!r} is unknown; allowed are {sorted(FUSERS.module_dict)}')
    return partial(rule, **arguments)


@FUSERS.register_module()
def average(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the mean of both images (B, 1, H, W)."""
    return (first + second) / 2


@FUSERS.register_module()
def maximum(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the brighter pixel of both images (B, 1, H, W)."""
    return torch.maximum(first, second)


@FUSERS.register_module()
def copy_first(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the first image: fuses nothing."""
    return first


@FUSERS.register_module()
def copy_second(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the second image: fuses nothing."""
    return second


@FUSERS.register_module()
def laplacian_pyramid(first: torch.Tensor, second: torch.Tensor, levels: int = 4) -> torch.Tensor:
    """Fuse band by band: the stronger detail, the mean of the coarsest level.

    P. Burt, E. Adelson, "The Laplacian pyramid as a compact image code", IEEE Trans. Communications 31(4), 1983.

    Args:
        first: (B, 1, H, W) in [0, 1].
        second: Same shape.
        levels: Number of detail bands; less where the image is too small to be halved that often.

    Returns:
        (B, 1, H, W), clamped to [0, 1].

    Raises:
        ValueError: If there are no levels.
    """
    if levels < 1:
        raise ValueError(f'laplacian_pyramid needs levels >= 1, got {levels}')
    *details_a, base_a = _pyramid(first, levels)
    *details_b, base_b = _pyramid(second, levels)
    image = (base_a + base_b) / 2
    for a, b in zip(reversed(details_a), reversed(details_b), strict=True):
        image = _expand(image, a.shape[-2:]) + torch.where(a.abs() >= b.abs(), a, b)
    return image.clamp(0, 1)


def _pyramid(image: torch.Tensor, levels: int) -> list[torch.Tensor]:
    """Return the detail bands, finest first, and the base."""
    bands = []
    for _ in range(levels):
        if min(image.shape[-2:]) < 4:
            break
        smaller = _blur(image)[..., ::2, ::2]
        bands.append(image - _expand(smaller, image.shape[-2:]))
        image = smaller
    return [*bands, image]


def _blur(image: torch.Tensor) -> torch.Tensor:
    kernel = _REDUCE.to(image)
    wide = F.pad(image, (2, 2, 2, 2), mode='reflect')
    return F.conv2d(F.conv2d(wide, kernel.view(1, 1, 1, 5)), kernel.view(1, 1, 5, 1))


def _expand(image: torch.Tensor, size: torch.Size) -> torch.Tensor:
    """Put an image on the even pixels of a grid of ``size`` and interpolate with the reducing kernel, times 4."""
    sparse = image.new_zeros(*image.shape[:2], *size)
    sparse[..., ::2, ::2] = 1
    weight = _blur(sparse)
    sparse[..., ::2, ::2] = image
    return _blur(sparse) / weight


@FUSERS.register_module()
def guided_filter(first: torch.Tensor, second: torch.Tensor, radii: tuple[int, int] = (45, 7),
                  eps: tuple[float, float] = (0.3, 1e-6), base_window: int = 31) -> torch.Tensor:
    """Fuse base and detail with saliency weights that a guided filter aligns with the images.

    S. Li, X. Kang, J. Hu, "Image fusion with guided filtering", IEEE TIP 22(7), 2013: base layer by a 31 x 31 mean,
    saliency = absolute Laplacian smoothed by an 11 x 11 Gaussian of sigma 5, weights refined with (45, 0.3) for the
    base and (7, 1e-6) for the detail.

    Args:
        first: (B, 1, H, W) in [0, 1].
        second: Same shape.
        radii: Radius of the guided filter for base and detail.
        eps: Regularisation for base and detail.
        base_window: Odd side of the mean filter.

    Returns:
        (B, 1, H, W), clamped to [0, 1].
    """
    images = (first, second)
    first_wins = (_saliency(first) >= _saliency(second)).to(first)
    masks = (first_wins, 1 - first_wins)
    bases = [box_mean(image, base_window // 2) for image in images]
    fused = torch.zeros_like(first)
    layers = (bases, [image - base for image, base in zip(images, bases, strict=True)])
    for layer, radius, regularisation in zip(layers, radii, eps, strict=True):
        refined = [_guided(image, mask, radius, regularisation).clamp(0, 1)
                   for image, mask in zip(images, masks, strict=True)]
        total = (refined[0] + refined[1]).clamp(min=1e-6)
        fused = fused + (refined[0] * layer[0] + refined[1] * layer[1]) / total
    return fused.clamp(0, 1)


def _saliency(image: torch.Tensor) -> torch.Tensor:
    """Return |Laplacian|, smoothed by an 11 x 11 Gaussian of sigma 5."""
    laplacian = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]).to(image).view(1, 1, 3, 3)
    strength = F.conv2d(F.pad(image, (1, 1, 1, 1), mode='replicate'), laplacian).abs()
    taps = torch.exp(-torch.arange(-5.0, 6).square() / 50).to(image)
    taps = taps / taps.sum()
    wide = F.pad(strength, (5, 5, 5, 5), mode='replicate')
    return F.conv2d(F.conv2d(wide, taps.view(1, 1, 1, 11)), taps.view(1, 1, 11, 1))


def box_mean(image: torch.Tensor, radius: int) -> torch.Tensor:
    """Return the mean over a window of side 2 radius + 1, cut at the borders, in double precision inside."""
    total = image.double()
    for dim in (-2, -1):
        size = image.shape[dim]
        sums = F.pad(total.transpose(dim, -1).cumsum(-1), (1, 0))
        position = torch.arange(size, device=image.device)
        high, low = (position + radius + 1).clamp(max=size), (position - radius).clamp(min=0)
        total = ((sums[..., high] - sums[..., low]) / (high - low)).transpose(dim, -1)
    return total.to(image)


def _guided(guide: torch.Tensor, image: torch.Tensor, radius: int, eps: float) -> torch.Tensor:
    """Filter an image with a guide; K. He, J. Sun, X. Tang, "Guided image filtering", IEEE TPAMI 35(6), 2013."""
    guide, image = guide.double(), image.double()
    mean_guide, mean_image = box_mean(guide, radius), box_mean(image, radius)
    variance = box_mean(guide * guide, radius) - mean_guide.square()
    slope = (box_mean(guide * image, radius) - mean_guide * mean_image) / (variance + eps)
    offset = mean_image - slope * mean_guide
    return (box_mean(slope, radius) * guide + box_mean(offset, radius)).float()
