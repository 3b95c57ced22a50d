"""Low resolution: average pooling and bicubic downsampling, both with exact pseudoinverses."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import torch
from torch.nn import functional as F

from drfuse.degradations.boundary import Boundary, check_boundary, source_index
from drfuse.degradations.degradation import Observation
from drfuse.degradations.linear_operator import LinearOperator
from drfuse.registry import DEGRADATIONS
from drfuse.utils.typing import ImageShape, Params


def _check_factor(name: str, factor: int) -> int:
    if not isinstance(factor, int) or factor < 1:
        raise ValueError(f'{name} needs an integer factor >= 1, got {factor}')
    return factor


@DEGRADATIONS.register_module()
class AveragePool(LinearOperator):
    """Low resolution by s x s averaging (paper, Supplement C).

    Rows of A have disjoint supports, so A A^T is diagonal and A^+ replicates each value over its cell
    (``PatchUpsample``). A partial border cell averages the pixels it has.

    Args:
        factor: s >= 1.
        border: ``'partial'`` keeps partial cells, ``'drop'`` leaves them out (their pixels are then
            unseen, and A^+ gives 0 there).
        pinv_solver: Solver config; None = the closed form.

    Shape:
        x: (B, C, H, W) in [0, 1]. y: (B, C, ceil(H/s), ceil(W/s)), or floor with ``'drop'``; same range.

    Raises:
        ValueError: ``AveragePool needs an integer factor >= 1, got 0``; unknown border; nothing left.
    """

    default_pinv_solver = None
    pinv_level = 'moore_penrose'
    white_to_white = True

    def __init__(self, factor: int, border: str = 'partial', pinv_solver: dict | None = None) -> None:
        if border not in ('partial', 'drop'):
            raise ValueError(f"AveragePool border must be 'partial' or 'drop', got {border!r}")
        self.factor = _check_factor('AveragePool', factor)
        self.border = border
        super().__init__(pinv_solver)

    def output_shape(self, image_shape: ImageShape) -> ImageShape:
        """Return the number of cells."""
        s = self.factor
        if self.border == 'partial':
            return -(-image_shape[0] // s), -(-image_shape[1] // s)
        if min(image_shape) < s:
            raise ValueError(f"AveragePool factor {s} with border='drop' leaves nothing of {tuple(image_shape)}")
        return image_shape[0] // s, image_shape[1] // s

    def forward(self, x: torch.Tensor, params: Params) -> torch.Tensor:
        """Average every cell."""
        self.output_shape(x.shape[-2:])
        return F.avg_pool2d(x, self.factor, ceil_mode=self.border == 'partial', count_include_pad=False)

    def adjoint(self, y: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Spread every value over its cell, divided by the number of pixels in it."""
        return self.pinv(y / self._cell_size(image_shape, y), params, image_shape)

    def pinv(self, y: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Replicate every value over its cell."""
        s, (height, width) = self.factor, image_shape
        h, w = y.shape[-2:]
        full = y[..., :, None, :, None].expand(*y.shape[:-2], h, s, w, s).reshape(*y.shape[:-2], h * s, w * s)
        full = full[..., :height, :width]
        gap = (0, width - full.shape[-1], 0, height - full.shape[-2])
        return F.pad(full, gap) if any(gap) else full

    @property
    def stride(self) -> int:
        """The factor."""
        return self.factor

    def reach(self, params: Params) -> int | None:
        """Return the reach of a cell: what lies in it is not cut."""
        return 0

    def noise_variance(self, variance: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Divide by the number of pixels averaged."""
        cells = self._cell_size(image_shape, variance)
        if variance.shape[-2:] != (1, 1):
            return self.forward(variance, params) / cells
        return variance / (cells[..., :1, :1] if bool((cells == cells[..., :1, :1]).all()) else cells)

    def _cell_size(self, image_shape: ImageShape, like: torch.Tensor) -> torch.Tensor:
        """Return the number of pixels in each cell, (1, 1, h, w)."""
        (h, w), s = self.output_shape(image_shape), self.factor
        rows = (image_shape[0] - s * torch.arange(h)).clamp(max=s)
        columns = (image_shape[1] - s * torch.arange(w)).clamp(max=s)
        return (rows[:, None] * columns).to(like)[None, None]


def smooth_cells(observation: Observation) -> Observation:
    """Let A^+ interpolate between cells instead of repeating their values, where A averages cells and nothing else.

    Behind a blur, whose filter smooths them, repeated values stay.

    Args:
        observation: Of any operator; one of another comes back unchanged.
    """
    A = observation.A
    if not isinstance(A.operator, AveragePool) or A.operator.pinv_solver is not None or \
            A.operator.border != 'partial' or A.operator.factor == 1:
        return observation
    return replace(observation, A=replace(A, operator=A.operator.with_solver(dict(type='InterpolatingPinv'))))


@DEGRADATIONS.register_module()
class BicubicDownsample(LinearOperator):
    """Bicubic downsampling with antialiasing (Keys' kernel, a = -1/2, widened by the factor).

    A = D_h x D_w is separable, so A^+ = D_h^+ x D_w^+ is exact. R. Keys, "Cubic convolution
    interpolation for digital image processing", IEEE TASSP 29(6), 1981.

    Args:
        factor: s >= 1.
        boundary: ``'circular'``, ``'reflect'`` or ``'zero'``.
        pinv_solver: Solver config; None = the closed form.

    Shape:
        x: (B, C, H, W). y: (B, C, ceil(H/s), ceil(W/s)).

    Raises:
        ValueError: ``BicubicDownsample needs an integer factor >= 1, got 0``; unknown boundary.
    """

    default_pinv_solver = None
    pinv_level = 'moore_penrose'

    def __init__(self, factor: int, boundary: str = 'reflect', pinv_solver: dict | None = None) -> None:
        self.factor = _check_factor('BicubicDownsample', factor)
        self.boundary = check_boundary(boundary)
        super().__init__(pinv_solver)

    def output_shape(self, image_shape: ImageShape) -> ImageShape:
        """Return (ceil(H/s), ceil(W/s))."""
        return -(-image_shape[0] // self.factor), -(-image_shape[1] // self.factor)

    def forward(self, x: torch.Tensor, params: Params) -> torch.Tensor:
        """Return D_h x D_w^T."""
        rows, columns = self._matrices(x.shape[-2:], x)
        return rows @ x @ columns.mT

    def adjoint(self, y: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return D_h^T y D_w."""
        rows, columns = self._matrices(image_shape, y)
        return rows.mT @ y @ columns

    def pinv(self, y: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return D_h^+ y (D_w^+)^T."""
        rows, columns = (_bicubic_pinv(n, self.factor, self.boundary).to(y) for n in image_shape)
        return rows @ y @ columns.mT

    @property
    def stride(self) -> int:
        """The factor."""
        return self.factor

    def reach(self, params: Params) -> int | None:
        """Return the half width of the widened kernel; None where the image is continued from its other side."""
        return None if self.boundary == 'circular' else 2 * self.factor

    def noise_variance(self, variance: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return the variance of each output: squared weights times the variance."""
        rows, columns = (m.square() for m in self._matrices(image_shape, variance))
        return rows @ variance.expand(-1, -1, *image_shape) @ columns.mT

    def _matrices(self, image_shape: ImageShape, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        height, width = image_shape
        return (_bicubic_matrix(height, self.factor, self.boundary).to(like),
                _bicubic_matrix(width, self.factor, self.boundary).to(like))


@lru_cache(maxsize=64)
@torch.inference_mode(False)  # what is kept must serve training as well
def _bicubic_matrix(size: int, factor: int, boundary: Boundary) -> torch.Tensor:
    """Return D (ceil(size / factor), size), float64."""
    count = -(-size // factor)
    centre = (torch.arange(count, dtype=torch.float64) + 0.5) * factor - 0.5
    reach = 2 * factor
    offsets = torch.arange(-reach, reach + 1)
    position = centre.floor().long()[:, None] + offsets
    weights = _keys((position - centre[:, None]) / factor)
    weights = weights / weights.sum(1, keepdim=True)
    matrix = torch.zeros(count, size, dtype=torch.float64)
    if boundary == 'zero':
        inside = (position >= 0) & (position < size)
        return matrix.scatter_add(1, position.clamp(0, size - 1), weights * inside)
    before, after = int(-position.min().clamp(max=0)), int((position.max() - size + 1).clamp(min=0))
    source = source_index(size, before, after, boundary, position.device)
    return matrix.scatter_add(1, source[position + before], weights)


@lru_cache(maxsize=64)
@torch.inference_mode(False)
def _bicubic_pinv(size: int, factor: int, boundary: Boundary) -> torch.Tensor:
    return torch.linalg.pinv(_bicubic_matrix(size, factor, boundary))


def _keys(x: torch.Tensor) -> torch.Tensor:
    """Keys' cubic with a = -1/2."""
    x = x.abs()
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return torch.where(x <= 1, near, torch.where(x < 2, far, torch.zeros_like(x)))  # noqa: PLR2004
