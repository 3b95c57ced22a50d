"""Grey-level histograms, entropies and the min-max stretch of the 2012 toolbox."""

from functools import cached_property

import numpy as np
import torch

from drfuse.evaluation.functional.arrays import A, Array, image_max, image_min, namespace

LEVELS = 256


def round_half_up(x: A) -> A:
    """Round to the nearest integer, halves up; exact where ``floor(x + 0.5)`` is not."""
    base = namespace(x).floor(x)
    return base + (x - base >= 0.5)


def stretch(x: A) -> A:
    """Min-max normalise each image to the integers 0..255, halves rounded up.

    A constant image becomes 0 whatever its level (the 2012 toolbox: only if that level is 0, otherwise NaN).
    """
    low, high = image_min(x), image_max(x)
    span = high - low
    return round_half_up((x - low) / (span + (span == 0)) * 255)


def entropy(p: A) -> A:
    """Return ``-sum p log2 p`` in bits over the last axis, with 0 log 0 = 0."""
    return 0. - (p * namespace(p).log2(p + (p == 0))).sum(-1)  # a minus would give one level -0


def _counts(index: Array, bins: int) -> Array:
    """Count the integers of each image, as float64: (H, W) -> (bins,), (B, H, W) -> (B, bins)."""
    if isinstance(index, np.ndarray):
        return np.bincount(index.ravel(), minlength=bins).astype(np.float64)
    if index.ndim == 2:
        return torch.bincount(index.reshape(-1), minlength=bins).double()
    offset = torch.arange(len(index), device=index.device).view(-1, 1, 1) * bins
    return torch.bincount((index + offset).reshape(-1), minlength=bins * len(index)).view(-1, bins).double()


def _as_index(x: Array) -> Array:
    """Return integers wide enough for the index of a joint histogram."""
    return x.to(torch.int64) if isinstance(x, torch.Tensor) else x.astype(np.uint16)


def histogram(x: A) -> A:
    """Return the probabilities (..., 256) of the grey levels of an integer-valued image."""
    return _counts(_as_index(x), LEVELS) / (x.shape[-2] * x.shape[-1])


class JointHistogram:
    """Joint probabilities of the grey levels of two images, one bin per level.

    Args:
        x: First image, integer-valued 0..255, (H, W) or (B, H, W).
        y: Second image.
    """

    def __init__(self, x: A, y: A) -> None:
        counts = _counts(_as_index(x) * LEVELS + _as_index(y), LEVELS**2)
        counts = counts.reshape(*counts.shape[:-1], LEVELS, LEVELS)
        pixels = x.shape[-2] * x.shape[-1]
        # sums of counts are exact, so the entropy of a constant image is exactly 0
        self.joint: A = counts / pixels
        self.of_x: A = counts.sum(-1) / pixels
        self.of_y: A = counts.sum(-2) / pixels

    @cached_property
    def entropy_x(self) -> Array:
        """H(X) in bits."""
        return entropy(self.of_x)

    @cached_property
    def entropy_y(self) -> Array:
        """H(Y) in bits."""
        return entropy(self.of_y)

    @cached_property
    def joint_entropy(self) -> Array:
        """H(X, Y) in bits."""
        return entropy(self.joint.reshape(*self.joint.shape[:-2], -1))

    @property
    def information(self) -> Array:
        """Mutual information I(X, Y) = H(X) + H(Y) - H(X, Y) in bits."""
        return self.entropy_x + self.entropy_y - self.joint_entropy
