"""Richardson-Lucy deconvolution for any operator."""

from __future__ import annotations

import torch

from drfuse.baselines.restorer import Restorer
from drfuse.degradations import Observation
from drfuse.evaluation.naive import bicubic
from drfuse.registry import RESTORERS

_SMALL = 1e-4


@RESTORERS.register_module()
class RichardsonLucy(Restorer):
    """x <- x A^T(y / A x) / A^T 1, started at y (enlarged where it is smaller).

    W. H. Richardson, JOSA 62(1), 1972; L. B. Lucy, Astronomical Journal 79, 1974. The division by A^T 1 serves
    operators whose columns do not sum to 1 (borders, averaging). Early stopping is its only regularisation.

    Args:
        iterations: Number of updates, >= 1.
        offset: See :class:`~drfuse.baselines.restorer.Restorer`.
        clip_scale: See :class:`~drfuse.baselines.restorer.Restorer`.

    Raises:
        ValueError: If there are no iterations.
    """

    def __init__(self, iterations: int = 30, offset: float = 0.0, clip_scale: float = 0.0) -> None:
        super().__init__(offset, clip_scale)
        if iterations < 1:
            raise ValueError(f'RichardsonLucy needs iterations >= 1, got {iterations}')
        self.iterations = iterations

    def restore(self, observation: Observation) -> torch.Tensor:
        """Return the last iterate."""
        A, y = observation.A, observation.y
        x = bicubic(observation).clamp(min=_SMALL)
        norm = A.adjoint(torch.ones_like(y))
        seen = norm > _SMALL
        for _ in range(self.iterations):
            ratio = y.clamp(min=0) / A.forward(x).clamp(min=_SMALL)
            x = torch.where(seen, x * A.adjoint(ratio) / norm.clamp(min=_SMALL), x).clamp(min=_SMALL)
        return x
