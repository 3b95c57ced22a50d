"""Statistics of the fused image alone: entropy, standard deviation, spatial frequency, average gradient.

None of them looks at the sources, and noise raises all four.
"""

from collections.abc import Sequence

import torch

from drfuse.evaluation.functional.arrays import (
    A,
    Array,
    central_difference,
    image_mean,
    image_sum,
    namespace,
    scalar,
)
from drfuse.evaluation.functional.histogram import entropy, histogram
from drfuse.evaluation.functional.pair import Pair


def en_value(pair: Pair[A]) -> A:
    """Return EN of a pair; see :func:`en`."""
    return entropy(histogram(pair.levels[0]))


def en(fused: Array) -> float | torch.Tensor:
    """Entropy EN of the 256 grey levels in bits.

    Range 0..8, higher is better. Always defined; 0 for a constant image. Public codes disagree by the histogram
    of [0, 1] floats (floor instead of round) and by the natural logarithm.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors.

    Raises:
        ValueError: For colour, NaN, or values outside 0..255.

    References:
        J.W. Roberts, J. van Aardt, F. Ahmed, "Assessment of image fusion procedures using entropy, image quality,
        and multispectral classification", J. Applied Remote Sensing 2(1):023522, 2008.
    """
    return scalar(en_value(_alone(fused)))


def sd_value(pair: Pair[A]) -> A:
    """Return SD of a pair; see :func:`sd`."""
    mean = image_mean(pair.fused)[..., None, None]
    return image_mean((pair.fused - mean)**2)**0.5


def sd(fused: Array) -> float | torch.Tensor:
    """Standard deviation SD in grey levels, over all pixels (divided by their number).

    Range 0..127.5, higher is better. Always defined; 0 for a constant image. Public codes disagree by images in
    [0, 1] (factor 255) and by the square root of the sum of squares without division.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors.

    Raises:
        ValueError: For colour, NaN, or values outside 0..255.

    References:
        Y.-J. Rao, "In-fibre Bragg grating sensors", Measurement Science and Technology 8(4):355-375, 1997 (the
        customary citation).
    """
    return scalar(sd_value(_alone(fused)))


def sf_value(pair: Pair[A]) -> A:
    """Return SF of a pair; see :func:`sf`."""
    f = pair.fused
    rows = image_sum((f[..., 1:] - f[..., :-1])**2)
    columns = image_sum((f[..., 1:, :] - f[..., :-1, :])**2)
    return ((rows + columns) / (f.shape[-2] * f.shape[-1]))**0.5


def sf(fused: Array) -> float | torch.Tensor:
    """Spatial frequency SF: root of the summed squared differences to the left and upper pixel over H W.

    Range 0 to about 360 grey levels, higher is better. Always defined; 0 for a constant image. Public codes disagree
    by dividing by the number of differences, (H-1) W and H (W-1), and by images in [0, 1].

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors.

    Raises:
        ValueError: For colour, NaN, or values outside 0..255.

    References:
        A.M. Eskicioglu, P.S. Fisher, "Image quality measures and their performance", IEEE Trans. Communications
        43(12):2959-2965, 1995.
    """
    return scalar(sf_value(_alone(fused)))


def ag_value(pair: Pair[A]) -> A:
    """Return AG of a pair; see :func:`ag`."""
    pair.require_size('AG', 2)
    gy, gx = central_difference(pair.fused, -2), central_difference(pair.fused, -1)
    h, w = pair.shape
    return image_sum(namespace(gx).sqrt((gx * gx + gy * gy) / 2)) / ((h - 1) * (w - 1))


def ag(fused: Array) -> float | torch.Tensor:
    """Average gradient AG: sum of ``sqrt((gx^2 + gy^2)/2)`` over (H-1)(W-1), central differences.

    Range 0 to about 128 grey levels, higher is better. 0 for a constant image. As the MATLAB code of the VIFB
    benchmark; others disagree by forward differences, by dividing by H W, and by images in [0, 1].

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors.

    Raises:
        ValueError: For a side of one pixel, colour, NaN, or values outside 0..255.

    References:
        G. Cui, H. Feng, Z. Xu, Q. Li, Y. Chen, "Detail preserved fusion of visible and infrared images using regional
        saliency extraction and multi-scale image decomposition", Optics Communications 341:199-209, 2015.
    """
    return scalar(ag_value(_alone(fused)))


def _alone(fused: Array) -> Pair:
    sources: Sequence[Array] = (fused,)
    return Pair(fused, sources)
