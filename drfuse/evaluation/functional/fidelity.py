"""Fidelity of one image to a reference: PSNR and SSIM."""

import torch

from drfuse.evaluation.functional.arrays import A, Array, image_mean, namespace, scalar
from drfuse.evaluation.functional.pair import Pair
from drfuse.evaluation.functional.piella import LocalMoments

_PEAK = 255
SSIM_MIN_SIZE = 11
"""Smallest side of an image for SSIM: one window."""


def psnr(image: Array, reference: Array) -> float | torch.Tensor:
    """Peak signal-to-noise ratio in dB, peak 255.

    Range 0 dB upwards, higher is better; infinite for identical images (the MMEngine form caps it at 100 dB,
    so that one perfect image does not turn a mean into infinity).

    Args:
        image: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        reference: Image of the same shape.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors.

    Raises:
        ValueError: For shapes that differ, colour, NaN, or values outside 0..255.
    """
    pair = Pair(image, (reference,))
    xp = namespace(pair.fused)
    error = image_mean((pair.fused - pair.sources[0])**2)
    identical = error == 0
    return scalar(xp.where(identical, xp.inf, 10 * xp.log10(_PEAK**2 / (error + identical))))


def ssim_value(x: A, y: A) -> A:
    """Return the mean SSIM of two checked images; see :func:`ssim`."""
    return image_mean(LocalMoments(x, (y,), 'zliu').similarity(0))


def ssim(image: Array, reference: Array) -> float | torch.Tensor:
    """Structural similarity: 11 x 11 Gaussian window of sigma 1.5, K = (0.01, 0.03), windows inside only.

    Range -1..1, higher is better. Equal to scikit-image with ``gaussian_weights=True, sigma=1.5,
    use_sample_covariance=False, data_range=255``. Public codes disagree by downsampling first, by padding, or
    by a 7 x 7 flat window.

    Args:
        image: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        reference: Image of the same shape.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors.

    Raises:
        ValueError: For images smaller than 11 x 11, shapes that differ, colour, NaN, or values outside 0..255.

    References:
        Z. Wang, A.C. Bovik, H.R. Sheikh, E.P. Simoncelli, "Image quality assessment: from error visibility to
        structural similarity", IEEE TIP 13(4):600-612, 2004.
    """
    pair = Pair(image, (reference,))
    pair.require_size('SSIM', SSIM_MIN_SIZE)
    return scalar(ssim_value(pair.fused, pair.sources[0]))
