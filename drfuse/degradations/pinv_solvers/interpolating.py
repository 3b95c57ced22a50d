"""Cells of low resolution enlarged smoothly."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from drfuse.degradations.pinv_solvers.base import PinvSolver
from drfuse.registry import PINV_SOLVERS

if TYPE_CHECKING:
    from drfuse.degradations.linear_operator import BoundOperator, LinearOperator, PinvLevel

REFINEMENTS = 3
"""Passes after which the means of cells are near y; more change photographs by little."""


@PINV_SOLVERS.register_module()
class InterpolatingPinv(PinvSolver):
    """A^+ y for :class:`~drfuse.degradations.AveragePool`: bicubic between the cells, with means near those of y.

    x = E y, then x <- x + E (y - A x) a few times (iterative back-projection; M. Irani, S. Peleg, "Improving resolution
    by image registration", CVGIP 53(3), 1991), E Keys' bicubic interpolation between the centres of cells. Linear in y.
    The Moore-Penrose solution repeats every value over its cell; blocks of a size that a network was not trained on
    resemble no image that it knows, this does at any factor.

    Args:
        refinements: Number of passes, >= 0.

    Raises:
        ValueError: If refinements < 0.
    """

    def __init__(self, refinements: int = REFINEMENTS) -> None:
        if refinements < 0:
            raise ValueError(f'InterpolatingPinv needs refinements >= 0, got {refinements}')
        self.refinements = refinements

    def level(self, operator: LinearOperator) -> PinvLevel:
        """Return ``approximate``.

        Raises:
            TypeError: If the operator does not average whole cells.
        """
        if getattr(operator, 'border', None) != 'partial':
            raise TypeError(f"InterpolatingPinv needs AveragePool with border='partial', got {operator!r}: use CGPinv")
        return 'approximate'

    def __call__(self, A: BoundOperator, y: torch.Tensor) -> torch.Tensor:
        """Return the enlarged image (B, C, H, W)."""
        def repeat(cells: torch.Tensor) -> torch.Tensor:
            return A.operator.pinv(cells, A.params, A.image_shape)

        factor = torch.tensor(A.operator.factor, device=y.device)  # type: ignore[attr-defined]
        return interpolate_cells(repeat(y), factor, lambda x: repeat(A.forward(x)), self.refinements)


def interpolate_cells(y: torch.Tensor, factor: torch.Tensor, means: Callable[[torch.Tensor], torch.Tensor],
                      refinements: int = REFINEMENTS) -> torch.Tensor:
    """Interpolate between cells of which every pixel has the cell's value.

    Args:
        y: (..., H, W).
        factor: () int64, side of the cells; the last ones may be cut.
        means: Returns the means of an image over its cells, repeated over them.
        refinements: Number of passes.

    Returns:
        Image of the same shape.
    """
    axes = [(dim, *_taps(y.shape[dim], factor, y)) for dim in (-2, -1)]

    def enlarged(cells: torch.Tensor) -> torch.Tensor:
        for dim, index, weight in axes:
            weight = weight[..., None] if dim == -2 else weight
            cells = sum(w * cells.index_select(dim, i) for i, w in zip(index, weight, strict=True))
        return cells

    x = enlarged(y)
    for _ in range(refinements):
        x = x + enlarged(y - means(x))
    return x


def _taps(length: int, factor: torch.Tensor, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return, for five cells around every pixel of an axis, a pixel of that cell and its weight, each (5, length)."""
    pixel = torch.arange(length, device=like.device)
    cell = pixel // factor
    phase = (pixel - cell * factor + 0.5) / factor - 0.5
    step = torch.arange(-2, 3, device=like.device)[:, None]
    other, last = cell + step, (length - 1) // factor
    weight = _keys((phase - step).abs()) * ((other >= 0) & (other <= last))
    index = torch.minimum(other.clamp(min=0), last) * factor
    return index, (weight / weight.sum(0)).to(like)


def _keys(distance: torch.Tensor) -> torch.Tensor:
    """Return Keys' kernel with a = -1/2, with which a ramp stays a ramp."""
    near = (1.5 * distance - 2.5) * distance.square() + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    return torch.where(distance < 1, near, torch.where(distance < 2, far, torch.zeros_like(distance)))
