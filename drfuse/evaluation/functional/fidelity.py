"""Fidelity of one image to a reference: PSNR, SSIM and MS-SSIM; and their sums over the sources."""

from collections.abc import Sequence

import torch

from drfuse.evaluation.functional.arrays import A, Array, image_mean, namespace, scalar
from drfuse.evaluation.functional.pair import Pair
from drfuse.evaluation.functional.piella import LocalMoments

_PEAK = 255
_SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
PSNR_CAP = 100.
"""dB that stand for identical images in tables and means."""
SSIM_MIN_SIZE = 11
"""Smallest side of an image for SSIM: one window."""
MS_SSIM_MIN_SIZE = 161
"""Smallest side of an image for MS-SSIM: one window at the fifth scale."""


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
    return scalar(xp.where(error == 0, xp.inf, _decibel(error)))


def _decibel(error: A) -> A:
    """Return the dB of a mean squared error, peak 255; that of an error of 1 where it is 0."""
    return 10 * namespace(error).log10(_PEAK**2 / (error + (error == 0)))


def fusion_psnr_value(pair: Pair[A]) -> A:
    """Return the PSNR of the fused image to its sources together, at most 100 dB; see :func:`fusion_psnr`."""
    error = sum(image_mean((pair.fused - source)**2) for source in pair.sources) / len(pair.sources)
    xp = namespace(error)
    value = xp.where(error == 0, PSNR_CAP, _decibel(error))
    return xp.minimum(value, xp.full_like(value, PSNR_CAP))


def fusion_psnr(fused: Array, sources: Sequence[Array]) -> float | torch.Tensor:
    """PSNR of the fused image in dB, from the mean of its squared errors to the sources; at most 100 dB.

    Higher is better, though a fused image that differs from its sources as it should scores low. Public codes disagree
    by averaging the dB values instead of the errors.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The source images, same shape.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. Always defined.

    Raises:
        ValueError: For shapes that differ, colour, NaN, or values outside 0..255.

    References:
        P. Jagalingam, A.V. Hegde, "A review of quality metrics for fused image", Aquatic Procedia 4:133-142, 2015.
    """
    return scalar(fusion_psnr_value(Pair(fused, sources)))


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


def ssim_terms(pair: Pair[A]) -> tuple[A, ...]:
    """Return the SSIM of the fused image with every source; their sum is reported as SSIM (half of it by some)."""
    pair.require_size('SSIM', SSIM_MIN_SIZE)
    return tuple(ssim_value(pair.fused, source) for source in pair.sources)


def _halved(x: A) -> A:
    """Average 2 x 2 blocks; an odd last row or column is repeated."""
    h, w = x.shape[-2:]
    xp = namespace(x)
    if h % 2:
        x = xp.concatenate((x, x[..., -1:, :]), -2)
    if w % 2:
        x = xp.concatenate((x, x[..., -1:]), -1)
    rows = x[..., ::2, :] + x[..., 1::2, :]
    return (rows[..., ::2] + rows[..., 1::2]) / 4


def ms_ssim_value(x: A, y: A) -> A:
    """Return the MS-SSIM of two checked images; see :func:`ms_ssim`."""
    product = 1.
    for scale, weight in enumerate(_SCALE_WEIGHTS):
        moments = LocalMoments(x, (y,), 'zliu')
        last = scale == len(_SCALE_WEIGHTS) - 1
        value = image_mean(moments.similarity(0) if last else moments.contrast_structure(0))
        product = product * namespace(value).maximum(value, namespace(value).zeros_like(value))**weight
        x, y = _halved(x), _halved(y)
    return product


def ms_ssim(image: Array, reference: Array) -> float | torch.Tensor:
    """Multi-scale SSIM: five scales by 2 x 2 averaging, weights 0.0448, 0.2856, 0.3001, 0.2363, 0.1333.

    Range 0..1, higher is better. A negative mean at a scale counts 0. Public codes disagree by padding, by the
    downsampling filter and by what they do with negative means.

    Args:
        image: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        reference: Image of the same shape.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. Always defined.

    Raises:
        ValueError: For a side below 161 pixels, shapes that differ, colour, NaN, or values outside 0..255.

    References:
        Z. Wang, E.P. Simoncelli, A.C. Bovik, "Multiscale structural similarity for image quality assessment",
        Asilomar 2003, 2:1398-1402.
    """
    return scalar(ms_ssim_terms(Pair(image, (reference,)))[0])


def ms_ssim_terms(pair: Pair[A]) -> tuple[A, ...]:
    """Return the MS-SSIM of the fused image with every source; their sum is reported as MS-SSIM."""
    pair.require_size('MS-SSIM', MS_SSIM_MIN_SIZE)
    return tuple(ms_ssim_value(pair.fused, source) for source in pair.sources)
