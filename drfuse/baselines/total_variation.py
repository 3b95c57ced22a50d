"""Total variation restoration by ADMM, for any operator."""

from __future__ import annotations

import torch

from drfuse.baselines.restorer import Restorer, effective_variance, gradient, gradient_adjoint
from drfuse.degradations import BoundOperator, Observation
from drfuse.degradations.pinv_solvers.conjugate_gradient import conjugate_gradient
from drfuse.registry import RESTORERS


@RESTORERS.register_module()
class TVADMM(Restorer):
    """argmin |A x - y|^2 / (2 sigma^2) + weight TV(x), isotropic, by ADMM with z = D x.

    L. Rudin, S. Osher, E. Fatemi, Physica D 60, 1992; S. Boyd et al., "Distributed optimization and statistical
    learning via the alternating direction method of multipliers", 2011. The quadratic step is solved by a few
    conjugate-gradient iterations from the last x, so A may be any operator: blur, pooling, masks, compositions.

    Args:
        weight: Weight of the total variation, the inverse of a typical difference of neighbouring pixels; > 0.
        iterations: Outer iterations.
        inner: Conjugate-gradient iterations of each.
        threshold: Shrinkage of the differences per iteration; sets the penalty rho = weight / threshold.
        noise_scale: Factor on the known sigma.
        offset: See :class:`~drfuse.baselines.restorer.Restorer`.
        clip_scale: See :class:`~drfuse.baselines.restorer.Restorer`.

    Raises:
        ValueError: If an argument is not positive.
    """

    def __init__(self, weight: float = 30.0, iterations: int = 15, inner: int = 4, threshold: float = 0.03,
                 noise_scale: float = 1.0, offset: float = 0.0, clip_scale: float = 0.0) -> None:
        super().__init__(offset, clip_scale)
        given = dict(weight=weight, iterations=iterations, inner=inner, threshold=threshold, noise_scale=noise_scale)
        for name, value in given.items():
            if value <= 0:
                raise ValueError(f'TVADMM {name} must be > 0, got {value}')
        self.weight, self.iterations, self.inner = weight, iterations, inner
        self.threshold, self.noise_scale = threshold, noise_scale

    def restore(self, observation: Observation) -> torch.Tensor:
        """Return the minimiser, about."""
        A, y = observation.A, observation.y
        penalty = self.weight / self.threshold * effective_variance(observation) * self.noise_scale**2
        back, x = A.adjoint(y), A.pinv(y)
        z = gradient(x)
        dual = torch.zeros_like(z)
        for _ in range(self.iterations):
            x = self._quadratic_step(A, x, back + penalty * gradient_adjoint(z - dual), penalty)
            shifted = gradient(x) + dual
            z = shrink(shifted, self.threshold)
            dual = shifted - z
        return x

    def _quadratic_step(self, A: BoundOperator, x: torch.Tensor, right: torch.Tensor,
                        penalty: torch.Tensor) -> torch.Tensor:
        """Move x towards the solution of (A^T A + penalty D^T D) x = right."""
        def normal(v: torch.Tensor) -> torch.Tensor:
            return A.adjoint(A.forward(v)) + penalty * gradient_adjoint(gradient(v))

        return x + conjugate_gradient(normal, right - normal(x), self.inner, tol=1e-3)


def shrink(field: torch.Tensor, threshold: float) -> torch.Tensor:
    """Shorten the vectors of a field (B, 2, H, W) by ``threshold``: the proximal map of their length."""
    length = field.norm(dim=1, keepdim=True)
    return field * (1 - threshold / length.clamp(min=threshold))
