"""How fusion weights act on a source: linear maps W_1, ..., W_M that sum to the identity (Eq. 11)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch.nn import functional as F

from drfuse.degradations.separable import SeparableTaps, can_filter, filter_separable

_B3_SPLINE = (1 / 16, 4 / 16, 6 / 16)


class FusionWeights(ABC):
    """The maps W_i of one batch.

    Attributes:
        num_sources: M.
        image_shape: (H, W).
    """

    num_sources: int
    image_shape: tuple[int, int]

    @abstractmethod
    def apply(self, source: int, image: torch.Tensor) -> torch.Tensor:
        """Return W_i x (B, 1, H, W); summed over the sources, a common x comes back."""

    @abstractmethod
    def adjoint(self, source: int, image: torch.Tensor) -> torch.Tensor:
        """Return W_i^T r (B, 1, H, W)."""

    @property
    @abstractmethod
    def maps(self) -> torch.Tensor:
        """One weight map a source (B, M, H, W) in [0, 1], summing to 1 over M: for pictures and statistics."""

    def fuse(self, sources: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return sum_i W_i x_i (Eq. 11)."""
        return torch.stack([self.apply(i, x) for i, x in enumerate(sources)]).sum(0)


class PixelWeights(FusionWeights):
    """A mask a source, multiplied pixel by pixel: the paper's W.

    Args:
        maps: (B, M, H, W), summing to 1 over M.
    """

    def __init__(self, maps: torch.Tensor) -> None:
        self._maps = maps
        self._split = maps.split(1, 1)
        self.num_sources = maps.shape[1]
        self.image_shape = (maps.shape[-2], maps.shape[-1])

    @property
    def maps(self) -> torch.Tensor:
        """The masks."""
        return self._maps

    def apply(self, source: int, image: torch.Tensor) -> torch.Tensor:
        """Return the masked image."""
        return self._split[source] * image

    def adjoint(self, source: int, image: torch.Tensor) -> torch.Tensor:
        """Return the masked image: a diagonal map is its own adjoint."""
        return self._split[source] * image


class StarletWeights(FusionWeights):
    """A mask a source *and band* of an undecimated wavelet frame: W_i x = sum_k w_ik * B_k x.

    The bands B_k x are those of the isotropic undecimated ("starlet") transform: differences of ever smoother
    versions of the image, and the smoothest one. They sum to the image, so masks that sum to 1 over the sources
    in every band give sum_i W_i = I. Nothing is decimated, hence no grid can show.

    J.-L. Starck, J. Fadili, F. Murtagh, "The undecimated wavelet decomposition and its reconstruction",
    IEEE Transactions on Image Processing 16(2), 2007.

    Args:
        band_maps: (B, M, K, H, W), K >= 1 bands from fine to coarse, summing to 1 over M.
    """

    def __init__(self, band_maps: torch.Tensor) -> None:
        self.band_maps = band_maps
        self.num_sources = band_maps.shape[1]
        self.image_shape = (band_maps.shape[-2], band_maps.shape[-1])

    @property
    def maps(self) -> torch.Tensor:
        """The mean of the bands' masks."""
        return self.band_maps.mean(2)

    def apply(self, source: int, image: torch.Tensor) -> torch.Tensor:
        """Weigh the bands of the image and add them up."""
        bands = starlet_bands(image, self.band_maps.shape[2])
        return (self.band_maps[:, source, None] * bands).sum(2)

    def fuse(self, sources: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return sum_i W_i x_i, all sources at once."""
        bands = starlet_bands(torch.cat(list(sources), 1), self.band_maps.shape[2])
        return (self.band_maps * bands).sum((1, 2))[:, None]

    def adjoint(self, source: int, image: torch.Tensor) -> torch.Tensor:
        """Return sum_k B_k^T (w_ik * r), the vector-Jacobian product of :meth:`apply`."""
        with torch.inference_mode(False), torch.enable_grad():
            zero = torch.zeros_like(image, requires_grad=True)
            (result,) = torch.autograd.grad(self.apply(source, zero), zero, image.clone(), create_graph=True)
        return result if torch.is_grad_enabled() else result.detach()


class TwoSourceStarletWeights(StarletWeights):
    """The same for M = 2, kept as the masks of source 1: W_2 = I - W_1, so one difference image is decomposed.

    Args:
        first: (B, K, H, W), masks of source 1 in [0, 1], from fine to coarse.
    """

    def __init__(self, first: torch.Tensor) -> None:
        self.first = first
        self.num_sources = 2
        self.image_shape = (first.shape[-2], first.shape[-1])

    @property
    def band_maps(self) -> torch.Tensor:  # type: ignore[override]
        """All masks (B, 2, K, H, W)."""
        return torch.stack((self.first, 1 - self.first), 1)

    @property
    def maps(self) -> torch.Tensor:
        """The mean of the bands' masks."""
        mean = self.first.mean(1, keepdim=True)
        return torch.cat((mean, 1 - mean), 1)

    def apply(self, source: int, image: torch.Tensor) -> torch.Tensor:
        """Weigh the bands of the image and add them up."""
        weighted = self._weigh(image)
        return weighted if source == 0 else image - weighted

    def fuse(self, sources: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return x_2 + W_1 (x_1 - x_2)."""
        first, second = sources
        return second + self._weigh(first - second)

    def _weigh(self, image: torch.Tensor) -> torch.Tensor:
        """Return sum_k w_k B_k x = w_0 x + sum_k (w_k - w_{k-1}) s_k for the smoothed images s_k."""
        masks, smooth = self.first.split(1, 1), image
        total = masks[0] * image
        for level, (fine, coarse) in enumerate(pairwise(masks)):
            smooth = _smooth_both(smooth, 2 ** level)
            total = torch.addcmul(total, coarse - fine, smooth)
        return total


def starlet_bands(image: torch.Tensor, number: int) -> torch.Tensor:
    """Decompose images (B, C, H, W) into bands (B, C, number, H, W), from fine to coarse; their sum is the image."""
    bands, smooth = [], image
    for level in range(number - 1):
        smoother = _smooth_both(smooth, 2 ** level)
        bands.append(smooth - smoother)
        smooth = smoother
    return torch.stack([*bands, smooth], 2)


def starlet_reach(number: int) -> int:
    """Return how many pixels to each side a band of :func:`starlet_bands` depends on."""
    return sum(2 * 2 ** level for level in range(number - 1))


def _smooth_both(image: torch.Tensor, step: int) -> torch.Tensor:
    if min(image.shape[-2:]) > 2 * step and can_filter(image):
        taps = np.zeros(4 * step + 1)
        taps[::step] = (*_B3_SPLINE, *_B3_SPLINE[-2::-1])
        return filter_separable(image, [SeparableTaps(taps, taps)], 'reflect')
    return _smooth(_smooth(image, -2, step), -1, step)


def _smooth(image: torch.Tensor, dim: int, step: int) -> torch.Tensor:
    """Filter one dimension with a B3 spline whose taps lie ``step`` pixels apart.

    Sums of shifted copies: for five taps and one channel a convolution is several times slower on a CPU.
    """
    size, reach = image.shape[dim], 2 * step
    pad = (0, 0, reach, reach) if dim == -2 else (reach, reach, 0, 0)
    padded = F.pad(image, pad, mode='reflect' if size > reach else 'replicate')
    far, near, centre, near2, far2 = (padded.narrow(dim, k * step, size) for k in range(5))
    a, b, c = _B3_SPLINE
    return torch.add(torch.add(a * (far + far2), near + near2, alpha=b), centre, alpha=c)
