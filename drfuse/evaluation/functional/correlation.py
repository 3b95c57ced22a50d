"""Linear correlation with the sources: CC and SCD."""

from collections.abc import Sequence

import torch

from drfuse.evaluation.functional.arrays import A, Array, image_mean, is_constant, namespace, scalar
from drfuse.evaluation.functional.pair import Pair


def pearson(x: A, source: A) -> A:
    """Return the correlation of two images over all pixels: 0 if ``x`` is constant, NaN if ``source`` is."""
    xp = namespace(x)
    x_constant, source_constant = is_constant(x), is_constant(source)
    dx, dy = (z - image_mean(z)[..., None, None] for z in (x, source))
    scale = (image_mean(dx * dx) * image_mean(dy * dy))**0.5
    flat = x_constant | source_constant
    value = xp.where(flat, 0., image_mean(dx * dy) / (scale + flat))
    return xp.where(source_constant, xp.nan, value)


def cc_terms(pair: Pair[A]) -> tuple[A, ...]:
    """Return the part of CC that each source contributes; see :func:`cc`."""
    return tuple(pearson(pair.fused, source) / len(pair.sources) for source in pair.sources)


def cc(fused: Array, sources: Sequence[Array]) -> float | torch.Tensor:
    """Correlation coefficient CC: mean of the Pearson correlations of the fused image with each source.

    Range -1..1, higher is better. Blind to gain and offset.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The source images, same shape.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. A constant fused image correlates with nothing (0);
        undefined (NaN) if a source is constant.

    Raises:
        ValueError: For shapes that differ, colour, NaN, or values outside 0..255.

    References:
        M. Deshmukh, U. Bhosale, "Image fusion and image quality assessment of fused images", Int. J. Image
        Processing 4(5):484-508, 2010.
    """
    return scalar(sum(cc_terms(Pair(fused, sources))))


def scd_terms(pair: Pair[A]) -> tuple[A, A]:
    """Return the part of SCD that each source contributes; see :func:`scd`."""
    a, b = pair.two_sources('SCD')
    return pearson(pair.fused - b, a), pearson(pair.fused - a, b)


def scd(fused: Array, sources: Sequence[Array]) -> float | torch.Tensor:
    """Sum of the correlations of differences SCD, ``r(F - B, A) + r(F - A, B)``.

    Range -2..2, higher is better.

    Args:
        fused: (H, W) array, or tensor with leading batch axis; uint8 or floating luminance in 0..255.
        sources: The two source images, same shape.

    Returns:
        A float for arrays, a tensor (B,) or () for tensors. A constant difference adds 0; undefined (NaN) if a
        source is constant.

    Raises:
        ValueError: For other than two sources, shapes that differ, colour, NaN, or values outside 0..255.

    References:
        V. Aslantas, E. Bendes, "A new image quality metric for image fusion: the sum of the correlations of
        differences", AEU Int. J. Electronics and Communications 69(12):1890-1896, 2015.
    """
    return scalar(sum(scd_terms(Pair(fused, sources))))
