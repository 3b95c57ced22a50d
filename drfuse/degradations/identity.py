"""The operator that changes nothing: A = I (the noise scenario)."""

import torch

from drfuse.degradations.linear_operator import LinearOperator
from drfuse.registry import DEGRADATIONS
from drfuse.utils.typing import ImageShape, Params


@DEGRADATIONS.register_module()
class Identity(LinearOperator):
    """A = I; A^T = A^+ = I.

    Shape:
        x, y: (B, C, H, W).
    """

    default_pinv_solver = None
    pinv_level = 'moore_penrose'
    white_to_white = True
    invertible = True

    def forward(self, x: torch.Tensor, params: Params) -> torch.Tensor:
        """Return x."""
        return x

    def adjoint(self, y: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return y."""
        return y

    def pinv(self, y: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return y."""
        return y

    def reach(self, params: Params) -> int | None:
        """Return 0."""
        return 0

    def noise_variance(self, variance: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return the variance unchanged."""
        return variance
