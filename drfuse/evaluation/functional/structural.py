"""Structural similarity shared out by correlation (Q_C, Cvejic) and by variance (Q_Y, Yang)."""

from collections.abc import Sequence

import torch

from drfuse.evaluation.functional.arrays import (
    A,
    Array,
    box_sum,
    correlate_separable,
    gaussian_taps,
    image_mean,
    namespace,
    scalar,
)
from drfuse.evaluation.functional.pair import Pair, check_variant

_C = 2e-16
_ROUNDING = 1e-12
_SIMILAR = 0.75
MIN_SIZE = {'yuliu': 8, 'zliu': 7}
"""Smallest side of an image: one window."""


class _Windows:
    """Local moments of several images, rounding noise of flat windows removed.

    The tiny constant 2e-16 of these metrics turns rounding noise of flat windows into arbitrary numbers. Here a
    variance below 1e-12 of the mean square is exactly 0, and so are the covariances with it.
    """

    def __init__(self, images: Sequence[A], flat_window: bool) -> None:
        self._images, self._flat_window = images, flat_window
        self.means = [self._average(x) for x in images]
        self.variances = [self._variance(x, m) for x, m in zip(images, self.means, strict=True)]

    def _average(self, x: A) -> A:
        return box_sum(x, 8) / 64 if self._flat_window else correlate_separable(x, gaussian_taps(7, 1.5), valid=True)

    def _variance(self, x: A, mean: A) -> A:
        power = self._average(x * x)
        variance = power - mean * mean
        return variance * (variance > _ROUNDING * power)

    def covariance(self, i: int, j: int) -> A:
        """Return the local covariance of two images."""
        value = self._average(self._images[i] * self._images[j]) - self.means[i] * self.means[j]
        return value * ((self.variances[i] > 0) & (self.variances[j] > 0))

    def similarity(self, i: int, j: int) -> A:
        """Return the SSIM map of two images with both constants 2e-16."""
        mi, mj = self.means[i], self.means[j]
        return ((2 * mi * mj + _C) * (2 * self.covariance(i, j) + _C)) / (
            (mi * mi + mj * mj + _C) * (self.variances[i] + self.variances[j] + _C))


def _share(x: A, y: A) -> A:
    """Return x / (x + y), 1/2 where both are 0, and infinity with the sign of x where they cancel."""
    xp = namespace(x)
    total = x + y
    zero = total == 0
    cancelled = xp.where(x == 0, 0.5, xp.where(x > 0, xp.inf, -xp.inf))
    return xp.where(zero, cancelled, x / (total + zero))


def q_c_terms(pair: Pair[A], variant: str = 'yuliu') -> tuple[A, ...]:
    """Return the part of Q_C that each source contributes (``zliu``: the whole, in one term); see :func:`q_c`."""
    check_variant('QC', variant)
    sources = pair.two_sources('QC')
    pair.require_size(f'QC ({variant})', MIN_SIZE[variant])
    windows = _Windows((pair.fused, *sources), flat_window=variant == 'yuliu')
    xp = namespace(pair.fused)
    share = _share(windows.covariance(1, 0), windows.covariance(2, 0))
    similar_a, similar_b = windows.similarity(1, 0), windows.similarity(2, 0)
    if variant == 'zliu':
        quality = share * similar_a + (1 - share) * similar_b
        quality = xp.where(share < 0, xp.zeros_like(quality), quality)
        return (image_mean(xp.where(share > 1, xp.ones_like(quality), quality)),)
    share = xp.clip(share, 0, 1)
    return image_mean(share * similar_a), image_mean((1 - share) * similar_b)


def q_c(fused: Array, sources: Sequence[Array], variant: str = 'yuliu') -> float | torch.Tensor:
    """Similarity shared out by covariance Q_C: mean of ``s ssim(A, F) + (1 - s) ssim(B, F)``.

    ``s = cov(A, F) / (cov(A, F) + cov(B, F))``, 1/2 where both are 0; SSIM constants 2e-16. ``yuliu``: 8 x 8 flat
    window, s clamped to [0, 1]. ``zliu``: 7 x 7 Gaussian window of sigma 1.5, the result is 0 where s < 0 and 1 where
    s > 1 (so it is not symmetric in the sources). Range -1..1, higher is better.

    ``zliu`` follows its description, not the 2012 toolbox to the last digit: values differ by up to 0.03 on ordinary
    images, and where windows are flat the toolbox divides rounding noise or returns NaN. Windows that are flat up to
    rounding have variance and covariance exactly 0 here.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The two source images, same shape.
        variant: ``yuliu`` or ``zliu``.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. Always defined.

    Raises:
        ValueError: For an image smaller than the window, other than two sources, shapes that differ, colour, NaN, or
            values outside 0..255.

    References:
        N. Cvejic, A. Loza, D. Bull, N. Canagarajah, "A similarity metric for assessment of image fusion algorithms",
        Int. J. Signal Processing 2(3):178-182, 2005.
    """
    return scalar(sum(q_c_terms(Pair(fused, sources), variant)))


def q_y_terms(pair: Pair[A]) -> tuple[A, A]:
    """Return the part of Q_Y that each source contributes; see :func:`q_y`."""
    sources = pair.two_sources('QY')
    pair.require_size('QY', MIN_SIZE['zliu'])
    windows = _Windows((pair.fused, *sources), flat_window=False)
    similar_a, similar_b = windows.similarity(1, 0), windows.similarity(2, 0)
    share = _share(windows.variances[1], windows.variances[2])
    alike = windows.similarity(1, 2) >= _SIMILAR
    xp = namespace(share)
    one = xp.ones_like(share)
    share = xp.where(alike, share, xp.where(similar_a >= similar_b, one, 0 * one))
    return image_mean(share * similar_a), image_mean((1 - share) * similar_b)


def q_y(fused: Array, sources: Sequence[Array]) -> float | torch.Tensor:
    """Structural similarity Q_Y: both sources where they agree, the better one where they do not.

    Where ssim(A, B) >= 0.75: ``l ssim(A, F) + (1 - l) ssim(B, F)`` with ``l = vA/(vA + vB)``, 1/2 where both are 0;
    elsewhere the larger of the two. 7 x 7 Gaussian window of sigma 1.5, SSIM constants 2e-16. Range -1..1, higher is
    better. A copy of one source scores nearly 1.

    Windows that are flat up to rounding have variance and covariance exactly 0 here. Both MATLAB toolboxes divide
    rounding noise there and may exceed 1, so agreement with them holds on images without flat areas only.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The two source images, same shape.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. Always defined.

    Raises:
        ValueError: For a side below 7 pixels, other than two sources, shapes that differ, colour, NaN, or values
            outside 0..255.

    References:
        C. Yang, J.-Q. Zhang, X.-R. Wang, X. Liu, "A novel similarity based quality metric for image fusion",
        Information Fusion 9(2):156-160, 2008.
    """
    return scalar(sum(q_y_terms(Pair(fused, sources))))
