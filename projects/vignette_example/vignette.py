"""Vignetting: a lens that is darker towards its corners, as an operator with its physics."""

import torch

from drfuse.degradations.linear_operator import LinearOperator
from drfuse.registry import DEGRADATIONS
from drfuse.utils.seed import uniform
from drfuse.utils.typing import ImageShape, Params, Range


@DEGRADATIONS.register_module()
class Vignette(LinearOperator):
    r"""Natural vignetting by the cosine-fourth law: :math:`y = \cos^4\!\varphi \odot x`.

    A pixel at distance r from the centre, r = 1 in the corners, is seen under the angle
    :math:`\varphi = \arctan(r \tan\theta)`, where :math:`\theta` is half the diagonal field of view. So
    :math:`\cos^4\varphi = (1 + r^2 \tan^2\theta)^{-2}`. A is diagonal and positive: A = A^T, and A^+ = A^-1 divides.

    Args:
        half_view: Half the diagonal field of view in degrees, in [0, 80], or (low, high) to draw one per sample.
        pinv_solver: Solver config; None = the closed form.

    Shape:
        x, y: (B, C, H, W); y is at most x.

    Raises:
        ValueError: If half_view is not in [0, 80].
    """

    default_pinv_solver = None
    pinv_level = 'moore_penrose'
    white_to_white = True
    invertible = True

    def __init__(self, half_view: Range = (20.0, 45.0), pinv_solver: dict | None = None) -> None:
        ends = [half_view] if isinstance(half_view, int | float) else list(half_view)
        if min(ends) < 0 or max(ends) > 80:
            raise ValueError(f'Vignette half_view must be in [0, 80] degrees, got {half_view}')
        self.half_view = half_view
        super().__init__(pinv_solver)

    def sample_params(self, generator: torch.Generator | None) -> Params:
        """Draw tan^2 of half the field of view (1,)."""
        half_view = uniform(self.half_view, generator, 'Vignette half_view')
        return dict(tan2=torch.deg2rad(half_view).tan().square())

    def falloff(self, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return cos^4 of the angle of every pixel (B, 1, H, W), in (0, 1]."""
        tan2 = params['tan2'].view(-1, 1, 1, 1)
        rows, columns = (torch.arange(n).to(tan2) - (n - 1) / 2 for n in image_shape)
        square = rows[:, None].square() + columns.square()
        return (1 + tan2 * square / square.max().clamp(min=1)).pow(-2)

    def forward(self, x: torch.Tensor, params: Params) -> torch.Tensor:
        """Return cos^4 x."""
        return self.falloff(params, x.shape[-2:]) * x

    def adjoint(self, y: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return cos^4 y: a diagonal operator is its own adjoint."""
        return self.forward(y, params)

    def pinv(self, y: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return y / cos^4."""
        return y / self.falloff(params, image_shape)

    def noise_variance(self, variance: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return cos^8 times the variance (B, 1 or C, H, W)."""
        return self.falloff(params, image_shape).square() * variance
