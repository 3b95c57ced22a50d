"""From the logits of a network to the fusion maps W_i of Eq. 11."""

from __future__ import annotations

from typing import Protocol

import torch

from drfuse.degradations.fusion_operators import (
    FusionWeights,
    PixelWeights,
    StarletWeights,
    TwoSourceStarletWeights,
    starlet_reach,
)
from drfuse.registry import SAMPLERS


class FusionRule(Protocol):
    """Turns weight logits into maps."""

    def __call__(self, logits: torch.Tensor, num_sources: int) -> FusionWeights:
        """Return the maps for logits (B, M K, H, W); for M = 2 also (B, K, H, W), then those of source 2 are 0."""


def balanced_softmax(logits: torch.Tensor, max_logit: float | None) -> torch.Tensor:
    """Return the softmax over M (dimension 1), with logits softly bounded by +- max_logit.

    A bound keeps the gradient alive: an unbounded sigmoid saturates early in training and then stays with one source.
    """
    return _bounded(logits, max_logit).softmax(1)


def balanced_sigmoid(logits: torch.Tensor, max_logit: float | None) -> torch.Tensor:
    """Return :func:`balanced_softmax` of (logits, 0) for the first of two sources."""
    return _bounded(logits, max_logit).sigmoid()


def _bounded(logits: torch.Tensor, max_logit: float | None) -> torch.Tensor:
    """Return max_logit tanh(logits / max_logit), by tanh z = 2 sigmoid(2 z) - 1: a CPU takes a quarter of the time."""
    if max_logit is None:
        return logits
    return ((logits * (2 / max_logit)).sigmoid_() * (2 * max_logit)).sub_(max_logit)


def _checked_bound(name: str, max_logit: float | None) -> float | None:
    if max_logit is not None and not max_logit > 0:
        raise ValueError(f'{name} max_logit must be None or > 0, got {max_logit}')
    return max_logit


@SAMPLERS.register_module()
class PixelFusion:
    """The paper's rule: one mask a source.

    Args:
        max_logit: Soft bound of the logits; None = unbounded, as in the paper.

    Raises:
        ValueError: If ``max_logit`` is not positive.
    """

    def __init__(self, max_logit: float | None = None) -> None:
        self.max_logit = _checked_bound('PixelFusion', max_logit)

    @property
    def reach(self) -> int:
        """How many pixels to each side a fused pixel depends on."""
        return 0

    def __call__(self, logits: torch.Tensor, num_sources: int) -> FusionWeights:
        """Return the softmax of logits (B, M, H, W), or (B, 1, H, W) if those of source 2 of 2 are 0."""
        if num_sources == 2 and logits.shape[1] == 1:  # noqa: PLR2004
            first = balanced_sigmoid(logits, self.max_logit)
            return PixelWeights(torch.cat((first, 1 - first), 1))
        if logits.shape[1] != num_sources:
            raise ValueError(f'PixelFusion needs {num_sources} logits a pixel, one a source, got {logits.shape[1]}')
        return PixelWeights(balanced_softmax(logits, self.max_logit))


@SAMPLERS.register_module()
class StarletFusion:
    """One mask a source and band of an undecimated wavelet frame; Eqs. 11-15 hold unchanged for these linear maps.

    Args:
        bands: K >= 1, number of bands; 1 is :class:`PixelFusion`.
        max_logit: Soft bound of the logits; None = unbounded.

    Raises:
        ValueError: If ``bands`` or ``max_logit`` is not positive.
    """

    def __init__(self, bands: int = 4, max_logit: float | None = None) -> None:
        if bands < 1:
            raise ValueError(f'StarletFusion bands must be >= 1, got {bands}')
        self.bands, self.max_logit = bands, _checked_bound('StarletFusion', max_logit)

    @property
    def reach(self) -> int:
        """How many pixels to each side a fused pixel depends on."""
        return starlet_reach(self.bands)

    def __call__(self, logits: torch.Tensor, num_sources: int) -> FusionWeights:
        """Return the softmax, per band, of logits (B, M K, H, W), or (B, K, H, W) if those of source 2 of 2 are 0."""
        if num_sources == 2 and logits.shape[1] == self.bands:  # noqa: PLR2004
            return TwoSourceStarletWeights(balanced_sigmoid(logits, self.max_logit))
        if logits.shape[1] != num_sources * self.bands:
            raise ValueError(f'StarletFusion with bands={self.bands} needs {num_sources * self.bands} logits a pixel '
                             f'for {num_sources} sources, got {logits.shape[1]}: set weight_bands of the backbone')
        banded = logits.unflatten(1, (num_sources, self.bands))
        return StarletWeights(balanced_softmax(banded, self.max_logit))
