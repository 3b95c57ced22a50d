"""Missing pixels filled smoothly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional as F

from drfuse.degradations.pinv_solvers.base import PinvSolver
from drfuse.degradations.pinv_solvers.conjugate_gradient import conjugate_gradient, implicit_solve
from drfuse.registry import PINV_SOLVERS

if TYPE_CHECKING:
    from drfuse.degradations.linear_operator import BoundOperator, LinearOperator, PinvLevel


@PINV_SOLVERS.register_module()
class HarmonicPinv(PinvSolver):
    """A^+ y for masks: y where pixels are kept, the harmonic function between them elsewhere.

    Of all x with A x = m y it is the one with the smallest sum of squared differences of neighbours (the Dirichlet
    problem of Laplace's equation; J. Shen, T. F. Chan, "Mathematical models for local nontexture inpaintings", SIAM J.
    Appl. Math. 62(3), 2002). Linear in y, and a {1,2,3}-inverse: all that Eq. 15 needs. The Moore-Penrose solution,
    with black holes, resembles no image; this one does.

    Args:
        max_iter: Largest number of conjugate gradient steps.
        tol: Relative residual at which a sample stops; never below the rounding errors of the data type.

    Raises:
        ValueError: If max_iter < 1 or tol <= 0.
    """

    def __init__(self, max_iter: int = 500, tol: float = 1e-12) -> None:
        if max_iter < 1 or tol <= 0:
            raise ValueError(f'HarmonicPinv needs max_iter >= 1 and tol > 0, got {max_iter} and {tol}')
        self.max_iter, self.tol = max_iter, tol

    def level(self, operator: LinearOperator) -> PinvLevel:
        """Return ``reflexive``.

        Raises:
            TypeError: If the operator is no mask.
        """
        if not hasattr(operator, 'mask'):
            raise TypeError(f'HarmonicPinv needs a mask, got {type(operator).__name__}: use CGPinv')
        return 'reflexive'

    def __call__(self, A: BoundOperator, y: torch.Tensor) -> torch.Tensor:
        """Return the filled image (B, C, H, W); black where no pixel at all is kept."""
        kept = A.operator.mask(A.params, y)  # type: ignore[attr-defined]
        hole, known = 1 - kept, kept * y

        def inside(u: torch.Tensor) -> torch.Tensor:
            return hole * laplacian(hole * u)

        def solve(b: torch.Tensor) -> torch.Tensor:
            return conjugate_gradient(inside, hole * b, self.max_iter, self.tol)

        with torch.no_grad():
            fill = solve(-laplacian(known))
        if torch.is_grad_enabled():
            fill = fill + hole * implicit_solve(-hole * laplacian(known + hole * fill), solve)
        return known + hole * fill


def laplacian(x: torch.Tensor) -> torch.Tensor:
    """Return D^T D x for the differences D of neighbours, (B, C, H, W); nothing flows over the border."""
    padded = F.pad(x, (1, 1, 1, 1), mode='replicate')
    return (4 * x - padded[..., :-2, 1:-1] - padded[..., 2:, 1:-1] - padded[..., 1:-1, :-2] - padded[..., 1:-1, 2:])
