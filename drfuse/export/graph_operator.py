"""The operator of one source as tensors of a graph: blur with reflected border, then means of cells, at full size."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch.nn import functional as F

from drfuse.degradations.pinv_solvers.fourier import WienerPinv
from drfuse.export.spectral import Axis, filtered, fold, unfold

FACTORS = (1, 2, 4, 8, 16)
"""Low-resolution factors that a graph takes."""


class GraphOperator(NamedTuple):
    """A x = mean of cells of (k * x), every mean repeated over its cell: P x with the rows of A repeated.

    With y repeated likewise, A^+ (A x - y) is that of :class:`~drfuse.degradations.Compose` of a blur and
    :class:`~drfuse.degradations.AveragePool`, and all images have one size whatever the factor.

    Attributes:
        rows: Transforms along H.
        columns: Transforms along W.
        transfer: (2, 2, F, G) of the blur.
        any_kernel: False: the kernel is mirror-symmetric; True: it need not be, and the passes of
            :class:`~drfuse.degradations.WienerPinv` make the border consistent.
    """

    rows: Axis
    columns: Axis
    transfer: torch.Tensor
    any_kernel: bool

    def forward(self, x: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
        """Return A x (H, W), with cells of ``factor`` () pixels a side, one of :data:`FACTORS`."""
        return cell_means(self._synthesise(self._blurred(x), x), factor)

    def pinv(self, y: torch.Tensor, inverse: torch.Tensor) -> torch.Tensor:
        """Return A^+ y (H, W) for the Wiener filter ``inverse`` (2, 2, F, G)."""
        x = self._synthesise(self._filtered(self._analyse(y), inverse), y)
        for _ in range(WienerPinv.consistency_passes if self.any_kernel else 0):
            blurred = self._blurred(x)
            missing = self._analyse(y - self._synthesise(blurred, y), closed=False)
            x = self._synthesise(self._filtered(blurred + missing, inverse), y)
        return x

    def _blurred(self, x: torch.Tensor) -> torch.Tensor:
        return self._filtered(self._analyse(x), self.transfer)

    def _filtered(self, spectrum: torch.Tensor, transfer: torch.Tensor) -> torch.Tensor:
        return filtered(spectrum, transfer) if self.any_kernel else spectrum * transfer[0, 0]

    def _analyse(self, image: torch.Tensor, closed: bool = True) -> torch.Tensor:
        rows, columns = (axis.analysis if closed else axis.plain for axis in (self.rows, self.columns))
        return rows[:, None] @ fold(image) @ columns.mT

    def _synthesise(self, spectrum: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
        return unfold(self.rows.synthesis[:, None] @ spectrum @ self.columns.synthesis.mT, like.shape)


def is_symmetric(kernel: torch.Tensor) -> torch.Tensor:
    """Return whether a kernel (kh, kw) is its own mirror image in both directions, ()."""
    change = torch.maximum((kernel - kernel.flip(0)).abs().max(), (kernel - kernel.flip(1)).abs().max())
    odd = (kernel.shape[0] % 2) * (kernel.shape[1] % 2)
    return (change <= 1e-6 * kernel.abs().max()) & (torch.full((), odd) == 1)


def is_sharp(kernel: torch.Tensor) -> torch.Tensor:
    """Return whether a kernel (kh, kw) has one tap in its middle alone, ()."""
    return kernel.abs().sum() == kernel[kernel.shape[0] // 2, kernel.shape[1] // 2]


def cell_means(x: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
    """Return the means of an image (H, W) over cells, repeated over them; a cell at the border has what is there.

    Args:
        x: (H, W).
        factor: () side of the cells, one of :data:`FACTORS`.
    """
    height, width = x.shape
    largest = FACTORS[-1]
    both = torch.stack((x, torch.ones_like(x)))
    means = [F.pad(both, (0, -width % largest, 0, -height % largest))[None]]
    for _ in FACTORS[1:]:
        means.append(F.avg_pool2d(means[-1], 2))
    means = [pair[:, :1] / pair[:, 1:].clamp(min=1e-3) for pair in means]
    coarse = means.pop()
    for side in reversed(FACTORS[:-1]):
        coarse = torch.where(factor > side, F.interpolate(coarse, scale_factor=2, mode='nearest'), means.pop())
    return coarse[0, 0, :height, :width]
