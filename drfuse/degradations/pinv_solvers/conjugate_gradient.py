"""Conjugate gradients on the normal equations: matrix-free, for any operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch.autograd.function import once_differentiable

from drfuse.degradations.pinv_solvers.base import PinvSolver
from drfuse.registry import PINV_SOLVERS

if TYPE_CHECKING:
    from drfuse.degradations.linear_operator import BoundOperator, LinearOperator, PinvLevel

Map = Callable[[torch.Tensor], torch.Tensor]
_NULL_DIRECTION = 1000  # rounding steps: below this share of the largest curvature nothing can be told from 0


def _dot(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a * b).sum((1, 2, 3), keepdim=True)


@torch.no_grad()
def conjugate_gradient(matrix: Map, b: torch.Tensor, max_iter: int, tol: float) -> torch.Tensor:
    """Solve M x = b for a symmetric positive semidefinite M and b in its range, from x = 0.

    Every sample of the batch has its own step sizes and stops on its own. M. R. Hestenes, E. Stiefel,
    "Methods of conjugate gradients for solving linear systems", J. Res. NBS 49(6), 1952.

    Args:
        matrix: x -> M x on (B, C, H, W).
        b: (B, C, H, W).
        max_iter: Largest number of iterations.
        tol: A sample stops once its residual norm is below ``tol * norm(b)``, or below rounding errors.

    Returns:
        x (B, C, H, W).
    """
    rounding = torch.finfo(b.dtype).eps
    x = torch.zeros_like(b)
    residual, direction = b.clone(), b.clone()
    power = _dot(residual, residual)
    goal = max(tol, rounding)**2 * power
    active, steepest = power > goal, torch.zeros_like(power)
    for _ in range(max_iter):
        if not bool(active.any()):
            break
        image = matrix(direction)
        curvature, length = _dot(direction, image), _dot(direction, direction)
        steepest = torch.maximum(steepest, curvature / length)
        # rounding puts parts into the direction that M maps to nothing: they would be blown up without bound
        active = active & (curvature > _NULL_DIRECTION * rounding * steepest * length)
        step = torch.where(active, power / curvature, 0)
        x = x + step * direction
        residual = residual - step * image
        previous, power = power, _dot(residual, residual)
        active = active & (power > goal)
        direction = residual + torch.where(active, power / previous, 0) * direction
    return x


class _ImplicitSolve(torch.autograd.Function):
    """Returns 0 forwards and M^-T g backwards.

    x solves r(x; theta) = 0 with dr/dx = -M, so dx = M^-1 dr. Only x is kept: memory does not grow
    with the iterations.
    """

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, residual: torch.Tensor, solve: Map) -> torch.Tensor:
        ctx.solve = solve  # type: ignore[attr-defined]
        return torch.zeros_like(residual)

    @staticmethod
    @once_differentiable
    def backward(ctx: torch.autograd.function.FunctionCtx, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        return ctx.solve(gradient), None  # type: ignore[attr-defined]


def implicit_solve(residual: torch.Tensor, solve: Map) -> torch.Tensor:
    """Return a zero whose gradient with respect to ``residual`` is M^-T.

    Added to a converged solution x (computed without gradient) it makes x differentiable in all that
    the residual depends on.

    Args:
        residual: r(x; theta), about 0, with gradient.
        solve: g -> M^-T g, for M = -dr/dx.
    """
    return _ImplicitSolve.apply(residual, solve)


@PINV_SOLVERS.register_module()
class CGPinv(PinvSolver):
    """A^+ y by conjugate gradients on (A^T A + damping I) x = A^T y, started at 0.

    With damping 0 the iterates stay in the range of A^T, so the limit is the Moore-Penrose solution.
    Gradients flow to y and to the parameters of A by implicit differentiation, once: second derivatives are refused.

    Args:
        max_iter: Largest number of iterations.
        tol: Relative residual at which a sample stops.
        damping: Tikhonov weight, >= 0, or ``'auto'``: noise_std^2 / 0.05 as in the Wiener filter, at least 1e-3.

    Raises:
        ValueError: If max_iter < 1, tol <= 0 or damping < 0.
    """

    def __init__(self, max_iter: int = 200, tol: float = 1e-8, damping: float | str = 0.0) -> None:
        if max_iter < 1 or tol <= 0:
            raise ValueError(f'CGPinv needs max_iter >= 1 and tol > 0, got {max_iter} and {tol}')
        if damping != 'auto' and not (isinstance(damping, int | float) and damping >= 0):
            raise ValueError(f"CGPinv damping must be 'auto' or >= 0, got {damping!r}")
        self.max_iter, self.tol, self.damping = max_iter, tol, damping

    def level(self, operator: LinearOperator) -> PinvLevel:
        """Return ``iterative``, or ``approximate`` with damping."""
        return 'iterative' if self.damping == 0 else 'approximate'

    def __call__(self, A: BoundOperator, y: torch.Tensor) -> torch.Tensor:
        """Return A^+ y (B, C, H, W)."""
        damping = self._damping(A, y)

        def normal(x: torch.Tensor) -> torch.Tensor:
            return A.adjoint(A.forward(x)) + damping * x

        def solve(b: torch.Tensor) -> torch.Tensor:
            return conjugate_gradient(normal, b, self.max_iter, self.tol)

        with torch.no_grad():
            solution = solve(A.adjoint(y))
        if not torch.is_grad_enabled():
            return solution
        residual = A.adjoint(y - A.forward(solution)) - damping * solution

        def backward_solve(g: torch.Tensor) -> torch.Tensor:
            # M^+ g for a singular M: only the part of g in the range of M counts, and M^+ M g is that part
            return solve(g if self.damping != 0 else solve(normal(g)))

        solution = solution + implicit_solve(residual, backward_solve)
        if self.damping == 0 and any(p.requires_grad for p in A.params.values()):
            solution = solution + self._turning_range(A, solution.detach(), normal, solve)
        return solution

    @staticmethod
    def _turning_range(A: BoundOperator, solution: torch.Tensor, normal: Map, solve: Map) -> torch.Tensor:
        """Return a zero with the gradient of x = A^T z in what A does not see, which a change of A brings in.

        It is the last term of the derivative of a pseudoinverse (G. H. Golub, V. Pereyra, "The differentiation of
        pseudo-inverses and nonlinear least squares problems", SIAM J. Numer. Anal. 10(2), 1973).
        """
        with torch.no_grad():
            z = A.forward(solve(solution))
        return implicit_solve(A.adjoint(z), lambda g: g - solve(normal(g)))

    def _damping(self, A: BoundOperator, y: torch.Tensor) -> torch.Tensor:
        if self.damping != 'auto':
            return y.new_tensor(float(self.damping))
        if A.noise_std is None:
            return y.new_tensor(1e-3)
        return (A.noise_std.to(y).square() / 0.05).clamp(min=1e-3).view(-1, 1, 1, 1)
