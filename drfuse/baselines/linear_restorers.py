"""Restorers that are linear in y: enlargement, regularised pseudoinverse, Wiener filter."""

from __future__ import annotations

import torch

from drfuse.baselines.restorer import Restorer, effective_variance, gradient, gradient_adjoint
from drfuse.degradations import Observation
from drfuse.degradations.pinv_solvers.conjugate_gradient import conjugate_gradient
from drfuse.evaluation.naive import bicubic, regularised_pinv
from drfuse.registry import RESTORERS


@RESTORERS.register_module()
class Bicubic(Restorer):
    """y itself, enlarged bicubically where it has lost resolution.

    Args:
        offset: See :class:`~drfuse.baselines.restorer.Restorer`.
        clip_scale: See :class:`~drfuse.baselines.restorer.Restorer`.
    """

    def restore(self, observation: Observation) -> torch.Tensor:
        """Return y at the size of the image."""
        return bicubic(observation)


@RESTORERS.register_module()
class PseudoInverse(Restorer):
    """A^+ y, with one regularisation in every Wiener filter of A.

    Args:
        gamma: Wiener regularisation, > 0; without effect on operators whose A^+ is exact.
        offset: See :class:`~drfuse.baselines.restorer.Restorer`.
        clip_scale: See :class:`~drfuse.baselines.restorer.Restorer`.
    """

    def __init__(self, gamma: float, offset: float = 0.0, clip_scale: float = 0.0) -> None:
        super().__init__(offset, clip_scale)
        self.gamma = gamma

    def restore(self, observation: Observation) -> torch.Tensor:
        """Return A^+ y."""
        return regularised_pinv(observation, self.gamma)


@RESTORERS.register_module()
class Wiener(Restorer):
    """Linear minimum-mean-square estimate for images with a 1/f^2 spectrum, for any operator.

    Solves (A^T A + weight sigma^2 D^T D) x = A^T y by conjugate gradients; D are forward differences, and 1 / weight
    is the variance of the clean image's differences. N. Wiener, "Extrapolation, interpolation, and smoothing of
    stationary time series", 1949; D. L. Ruderman, "The statistics of natural images", Network 5(4), 1994 (1/f^2).

    Args:
        weight: Inverse variance of differences of neighbouring pixels in [0, 1], > 0.
        max_iter: Largest number of iterations.
        offset: See :class:`~drfuse.baselines.restorer.Restorer`.
        clip_scale: See :class:`~drfuse.baselines.restorer.Restorer`.

    Raises:
        ValueError: If the weight is not positive.
    """

    def __init__(self, weight: float, max_iter: int = 100, offset: float = 0.0, clip_scale: float = 0.0) -> None:
        super().__init__(offset, clip_scale)
        if weight <= 0:
            raise ValueError(f'Wiener weight must be > 0, got {weight}')
        self.weight, self.max_iter = weight, max_iter

    def restore(self, observation: Observation) -> torch.Tensor:
        """Return the estimate."""
        A, damping = observation.A, self.weight * effective_variance(observation)

        def normal(x: torch.Tensor) -> torch.Tensor:
            return A.adjoint(A.forward(x)) + damping * gradient_adjoint(gradient(x))

        return conjugate_gradient(normal, A.adjoint(observation.y), self.max_iter, tol=1e-4)
