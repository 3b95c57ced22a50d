"""The paper's pseudoinverse of a product: the factors' pseudoinverses in reverse order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from drfuse.degradations.pinv_solvers.base import PinvSolver
from drfuse.registry import PINV_SOLVERS

if TYPE_CHECKING:
    from drfuse.degradations.linear_operator import BoundOperator, LinearOperator, PinvLevel


@PINV_SOLVERS.register_module()
class ReverseOrderPinv(PinvSolver):
    """A^+ = A_1^+ ... A_n^+ for A = A_n ... A_1 (paper, Supplement C).

    The reverse-order law fails in general (errata E4). With exact factors of which all but the
    last-acting are invertible it gives a {1,2,3}-inverse; otherwise it is an approximation.
    """

    def level(self, operator: LinearOperator) -> PinvLevel:
        """Return the level for a composition."""
        factors = getattr(operator, 'operators', None)
        if factors is None:
            raise TypeError(f'ReverseOrderPinv needs a Compose, got {type(operator).__name__}')
        levels = [f.pinv_level for f in factors]
        if len(factors) <= 1:
            return levels[0] if levels else 'moore_penrose'
        exact = all(level == 'moore_penrose' for level in levels)
        if not exact or not all(f.invertible for f in factors[:-1]):
            return 'approximate'
        return 'moore_penrose' if all(type(f).__name__ == 'Identity' for f in factors[:-1]) else 'reflexive'

    def __call__(self, A: BoundOperator, y: torch.Tensor) -> torch.Tensor:
        """Apply the factors' pseudoinverses, the last-acting factor's first."""
        for part in reversed(A.operator.kept_parts(A)):  # type: ignore[attr-defined]
            y = part.pinv(y)
        return y
