"""Products of operators: A = A_n ... A_1, the first in the list acts first."""

import math
from collections.abc import Callable, Sequence

import torch

from drfuse.degradations.linear_operator import BoundOperator, LinearOperator, Stage
from drfuse.degradations.window import Window
from drfuse.registry import DEGRADATIONS
from drfuse.utils.typing import ImageShape, Params


@DEGRADATIONS.register_module()
class Compose(LinearOperator):
    """The product A_n ... A_1 of linear operators (paper, Supplement C, composite degradation).

    The pseudoinverse is by default the paper's A_1^+ ... A_n^+, which is not the pseudoinverse of the
    product in general (errata E4): a {1,2,3}-inverse if every factor but the last-acting one is
    invertible and all are exact, approximate otherwise.

    Args:
        operators: Configs or operators in the order in which they act.
        pinv_solver: Solver for the whole product, for example ``dict(type='CGPinv')``.

    Shape:
        x: (B, C, H, W). y: (B, C, h, w), the size after the last operator.

    Raises:
        ValueError: If a factor is a noise, a quantiser or a choice.
    """

    default_pinv_solver = dict(type='ReverseOrderPinv')

    def __init__(self, operators: Sequence[dict | LinearOperator], pinv_solver: dict | None = None) -> None:
        self.operators = [o if isinstance(o, Stage) else DEGRADATIONS.build(o) for o in operators]
        for operator in self.operators:
            if not isinstance(operator, LinearOperator):
                raise ValueError(f'Compose takes linear operators, got {type(operator).__name__}: list other stages '
                                 'in the degradation, and choices of compositions as OneOf(stages=[[...], [...]])')
        super().__init__(pinv_solver)

    def resolve(self, generator: torch.Generator | None) -> LinearOperator:
        """Resolve every factor."""
        return self._with([o.resolve(generator) for o in self.operators])

    def _with(self, operators: Sequence[Stage]) -> 'Compose':
        """Return this composition with other factors."""
        other = Compose.__new__(Compose)
        other.__dict__ = {**self.__dict__, 'operators': list(operators)}
        if self.pinv_solver is not None:
            other.pinv_level = self.pinv_solver.level(other)
        return other

    def map_factors(self, change: Callable[[LinearOperator], LinearOperator]) -> 'Compose':
        """Return this composition with changed factors; itself if ``change`` gives every factor back."""
        factors = [change(o) for o in self.operators]
        return self if all(a is b for a, b in zip(factors, self.operators, strict=True)) else self._with(factors)

    def sample_params(self, generator: torch.Generator | None) -> Params:
        """Draw the parameters of every factor, keyed ``'<position>.<name>'``."""
        drawn = [o.sample_params(generator) for o in self.operators]
        return {f'{i}.{name}': value for i, params in enumerate(drawn) for name, value in params.items()}

    def scaled(self, params: Params, factor: float) -> Params:
        """Return the parameters of factors that all do ``factor`` times as much."""
        return {f'{i}.{name}': value for i, operator in enumerate(self.operators)
                for name, value in operator.scaled(self._own(i, params), factor).items()}

    def parts(self, params: Params, image_shape: ImageShape) -> list[BoundOperator]:
        """Return the factors, each bound to the size of the image it meets."""
        bound = []
        for i, operator in enumerate(self.operators):
            bound.append(operator.bind(self._own(i, params), image_shape))
            image_shape = operator.output_shape(image_shape)
        return bound

    def forward_bound(self, A: BoundOperator, x: torch.Tensor) -> torch.Tensor:
        """Return A_n ... A_1 x; every factor keeps its own kernels and transfer functions."""
        for part in self.kept_parts(A):
            x = part.forward(x)
        return x

    def kept_parts(self, A: BoundOperator) -> list[BoundOperator]:
        """Return the factors of a bound product, the same ones at every call.

        The pseudoinverse of a factor meets the noise of y as those of the later ones leave it. Pooling by s is undone
        by repeating each pixel s x s times: white noise of deviation tau then has the spectral density s^2 tau^2 where
        the image lives, which is that of white noise of deviation s tau.
        """
        return A.kept('parts', lambda: self._informed(A))

    def _informed(self, A: BoundOperator) -> list[BoundOperator]:
        parts, told = self.parts(A.params, A.image_shape), []
        noise = A.noise_std
        for part in reversed(parts):
            told.append(part.with_noise(noise, A.signal_variance))
            noise = None if noise is None else noise * part.operator.stride
        return told[::-1]

    @staticmethod
    def _own(i: int, params: Params) -> Params:
        """Return the parameters of one factor."""
        return {k.removeprefix(f'{i}.'): v for k, v in params.items() if k.startswith(f'{i}.')}

    def forward(self, x: torch.Tensor, params: Params) -> torch.Tensor:
        """Return A_n ... A_1 x."""
        for part in self.parts(params, x.shape[-2:]):
            x = part.forward(x)
        return x

    def adjoint(self, y: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Return A_1^T ... A_n^T y."""
        for part in reversed(self.parts(params, image_shape)):
            y = part.adjoint(y)
        return y

    def output_shape(self, image_shape: ImageShape) -> ImageShape:
        """Return the size after the last operator."""
        for operator in self.operators:
            image_shape = operator.output_shape(image_shape)
        return image_shape

    @property
    def stride(self) -> int:
        """The product of the factors' strides."""
        return math.prod(o.stride for o in self.operators)

    def reach(self, params: Params) -> int | None:
        """Return the sum of the factors' reaches, each in image pixels; None if one has none."""
        total, scale = 0, 1
        for i, operator in enumerate(self.operators):
            own = operator.reach(self._own(i, params))
            if own is None:
                return None
            total, scale = total + scale * own, scale * operator.stride
        return total

    def window(self, window: Window, params: Params, image_shape: ImageShape) -> tuple[LinearOperator, Params]:
        """Return the product of the factors' windows, each in the coordinates of the image it meets."""
        operators, own = [], {}
        for i, part in enumerate(self.parts(params, image_shape)):
            operator, kept = part.operator.window(window, part.params, part.image_shape)
            operators.append(operator)
            own.update({f'{i}.{name}': value for name, value in kept.items()})
            window = part.observed(window)
        return self._with(operators), own

    def noise_variance(self, variance: torch.Tensor, params: Params, image_shape: ImageShape) -> torch.Tensor:
        """Propagate factor by factor while the noise stays white, else by probing the product."""
        if not all(o.white_to_white for o in self.operators[:-1]):
            return super().noise_variance(variance, params, image_shape)
        for part in self.parts(params, image_shape):
            variance = part.noise_variance(variance)
        return variance
