r"""Linear operators: :math:`A`, :math:`A^T`, :math:`A^+`, stateless and batched."""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from typing import TYPE_CHECKING, ClassVar, Literal

import torch

from drfuse.degradations.bound_operator import BoundOperator
from drfuse.degradations.window import Window
from drfuse.registry import PINV_SOLVERS
from drfuse.utils.typing import ImageShape, Params

if TYPE_CHECKING:
    from drfuse.degradations.pinv_solvers import PinvSolver

PinvLevel = Literal['moore_penrose', 'reflexive', 'approximate', 'iterative']
"""What an ``A^+`` fulfils.

``moore_penrose``: all four Penrose conditions; ``reflexive``: 1-3 (a {1,2,3}-inverse);
``approximate``: none exactly (regularised); ``iterative``: Moore-Penrose up to the tolerance of an
iteration, or of a spectral cut.
"""


class Stage(ABC):
    """One stage of a degradation. Plain, picklable and stateless: it holds configuration only."""

    strengths: ClassVar[tuple[str, ...]] = ()
    """Names of the parameters that say how much the stage does, 0 = nothing."""

    def resolve(self, generator: torch.Generator | None) -> Stage:
        """Settle choices that change shapes (operator family, factor): one draw for a whole batch."""
        return self

    def sample_params(self, generator: torch.Generator | None) -> Params:
        """Draw the continuous parameters of one sample; each tensor has leading dimension 1."""
        return {}

    def scaled(self, params: Params, factor: float) -> Params:
        """Return the parameters of a stage that does ``factor`` times as much; without ``strengths``, the same ones."""
        return {name: value * factor if name in self.strengths else value for name, value in params.items()}

    @abstractmethod
    def degrade(self, image: torch.Tensor, params: Params, generator: torch.Generator | None) -> torch.Tensor:
        """Apply the stage to an image (B, C, H, W) in [0, 1]."""

    def __repr__(self) -> str:
        config = ', '.join(f'{k}={v!r}' for k, v in sorted(vars(self).items()) if not k.startswith('_'))
        return f'{type(self).__name__}({config})'


class LinearOperator(Stage):
    r"""A linear map of images, with its adjoint and a pseudoinverse.

    A subclass writes :meth:`forward`; the adjoint then comes from automatic differentiation and the
    pseudoinverse from ``default_pinv_solver``. A class that knows a closed form overrides
    :meth:`adjoint` or :meth:`pinv`, sets ``default_pinv_solver = None`` and declares ``pinv_level``.

    Args:
        pinv_solver: Config of a pseudoinverse solver that replaces the operator's own ``pinv``.

    Shape:
        x: (B, C, H, W), any C (channels are treated alike). y: (B, C, h, w).
    """

    default_pinv_solver: ClassVar[dict | None] = dict(type='CGPinv')
    pinv_level: PinvLevel = 'iterative'
    white_to_white: ClassVar[bool] = False
    """True if A A^T is diagonal, so that white noise stays white."""
    invertible: ClassVar[bool] = False
    """True if A is square and invertible for every parameter and size."""

    def __init__(self, pinv_solver: dict | None = None) -> None:
        config = pinv_solver or self.default_pinv_solver
        self.pinv_solver: PinvSolver | None = PINV_SOLVERS.build(config) if config else None
        if self.pinv_solver is not None:
            self.pinv_level = self.pinv_solver.level(self)

    @abstractmethod
    def forward(self, x: torch.Tensor, params: Params) -> torch.Tensor:
        """Return A x; linear in ``x``."""

    def forward_bound(self, A: BoundOperator, x: torch.Tensor) -> torch.Tensor:
        """Return A x; an operator that keeps something with the bound A overrides it."""
        return self.forward(x, A.params_for(x))

    def degrade(self, image: torch.Tensor, params: Params, generator: torch.Generator | None) -> torch.Tensor:
        """Return A x: generator and A are the same map."""
        return self.forward(image, params)

    def adjoint(self, y: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return A^T y, by default the vector-Jacobian product of :meth:`forward`."""
        # inference mode records nothing, and what was made in it cannot be differentiated through
        with torch.inference_mode(False), torch.enable_grad():
            y, params = _recordable(y), {k: _recordable(v) for k, v in params.items()}
            zero = y.new_zeros(*y.shape[:-2], *image_shape, requires_grad=True)
            (result,) = torch.autograd.grad(self.forward(zero, params), zero, y, create_graph=True)
        return result if torch.is_grad_enabled() else result.detach()

    def pinv(self, y: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return A^+ y in closed form. Only called where no ``pinv_solver`` is set."""
        raise NotImplementedError(f'{type(self).__name__} has no closed-form pinv: set pinv_solver')

    def output_shape(self, image_shape: ImageShape) -> ImageShape:
        """Return (h, w) of A x for x of ``image_shape``."""
        return image_shape

    @property
    def stride(self) -> int:
        """Image pixels from one observed pixel to the next: the low-resolution factor."""
        return 1

    def reach(self, params: Params) -> int | None:
        """Return how many image pixels to each side an observed pixel depends on; None = not bounded, or not known.

        With a number, A can be applied window by window (:meth:`BoundOperator.window`).
        """
        return None

    def window(self, window: Window, params: Params, image_shape: ImageShape) -> tuple[LinearOperator, Params]:
        """Return operator and parameters that act on a window as A does, but for a border of :meth:`reach`.

        The default suits operators that act alike everywhere.

        Args:
            window: Part of the image, from and to multiples of :attr:`stride`.
            params: Parameters of this operator.
            image_shape: (H, W) of the whole image.
        """
        return self, params

    def noise_variance(self, variance: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return the variance of A n for white noise n of the given variance.

        The default probes A with fixed random signs and returns one mean value per sample, right to
        about 1 % on images of 64 x 64 and more.

        Args:
            variance: (B, 1, 1, 1) or (B, C, H, W).
            params: Parameters of the operator.
            image_shape: (H, W).

        Returns:
            Variance, broadcastable to A x.
        """
        generator = torch.Generator().manual_seed(0)
        signs = torch.randint(0, 2, (8, 1, *image_shape), generator=generator).to(variance) * 2 - 1
        batch, channels = variance.shape[:2]
        probes = (variance.sqrt() * signs[:, None]).reshape(8, batch, channels, *image_shape)
        power = torch.stack([self.forward(probe, params).square() for probe in probes])
        return power.mean((0, 3, 4), keepdim=True)[0]

    def with_solver(self, pinv_solver: dict) -> LinearOperator:
        """Return a copy of this operator whose A^+ comes from another solver."""
        operator = copy(self)
        operator.pinv_solver = PINV_SOLVERS.build(pinv_solver)
        operator.pinv_level = operator.pinv_solver.level(operator)
        return operator

    def bind(self, params: Params | None, image_shape: ImageShape) -> BoundOperator:
        """Return this operator with its parameters and the size of the images it acts on."""
        return BoundOperator(self, params or {}, tuple(image_shape))


def _recordable(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.clone() if tensor.is_inference() else tensor
