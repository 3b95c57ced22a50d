"""What a pseudoinverse solver is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from drfuse.degradations.linear_operator import BoundOperator, LinearOperator, PinvLevel


class PinvSolver(ABC):
    """A stateless, linear map from y to A^+ y."""

    def level(self, operator: LinearOperator) -> PinvLevel:
        """Return what this solver's A^+ fulfils for an operator."""
        return 'approximate'

    @abstractmethod
    def __call__(self, A: BoundOperator, y: torch.Tensor) -> torch.Tensor:
        """Return A^+ y.

        Args:
            A: The operator; ``A.noise_std`` is the RMS noise of y where it is known.
            y: (B, C, h, w).

        Returns:
            (B, C, H, W).
        """

    def __repr__(self) -> str:
        config = ', '.join(f'{k}={v!r}' for k, v in sorted(vars(self).items()))
        return f'{type(self).__name__}({config})'
