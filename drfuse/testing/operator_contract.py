"""The contract every linear operator fulfils, as one call for tests of operators inside and outside the package."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass

import torch

from drfuse.degradations.linear_operator import BoundOperator, LinearOperator
from drfuse.degradations.window import Window
from drfuse.utils.seed import keyed_generator
from drfuse.utils.typing import ImageShape

EXACT_LEVELS = ('moore_penrose', 'reflexive')
LEVELS = (*EXACT_LEVELS, 'iterative', 'approximate')
FLOAT32_TOLERANCE = 1e-4


def check_operator(operator: LinearOperator, image_shape: ImageShape = (16, 15), batch: int = 3, channels: int = 2,
                   seed: int = 0, tolerance: float = 1e-10, pinv_tolerance: float = 1e-8,
                   iterative_tolerance: float = 1e-3) -> None:
    r"""Check an operator against everything the package expects of it.

    In float64: the declared output size; linearity; :math:`\langle Ax, y\rangle = \langle x, A^T y\rangle`; the Penrose
    conditions of the declared ``pinv_level``; a batch equals its samples one by one; gradients through A and A^+; a
    pickled copy acts alike; A on a window is the window of A where it declares a ``reach``; no call changes the
    operator, its parameters or its input. In float32: autocast changes neither dtype nor result.

    Penrose conditions: ``moore_penrose`` 1-4, ``reflexive`` 1-3, both to ``pinv_tolerance``. ``iterative`` 1-4 to
    ``iterative_tolerance``, on the ranges of A and A^T and measured in the unit of y, where an iteration converges
    however ill-conditioned A is. ``approximate`` promises no condition: only size and finite values.

    Args:
        operator: Any operator; random parameters and choices are drawn from ``seed``.
        image_shape: (H, W) of the test images; odd and unequal sides find most mistakes.
        batch: B, each sample with parameters of its own.
        channels: C.
        seed: Names images and parameters.
        tolerance: Relative, for what is linear algebra without an inverse.
        pinv_tolerance: Relative, for closed-form pseudoinverses.
        iterative_tolerance: Relative, for iterative ones.

    Raises:
        AssertionError: At the first broken promise; the message names the operator, the promise and the numbers.
    """
    operator = operator.resolve(keyed_generator(seed, 'resolve'))
    _require(operator, operator.pinv_level in LEVELS, f'pinv_level is {operator.pinv_level!r}, allowed: {LEVELS}')
    frozen = pickle.dumps(operator)
    singles = [operator.bind(operator.sample_params(keyed_generator(seed, 'params', b)), image_shape)
               for b in range(batch)]
    A = BoundOperator.stack(singles)
    before = {name: value.clone() for name, value in A.params.items()}
    loose = iterative_tolerance if operator.pinv_level not in EXACT_LEVELS else pinv_tolerance
    case = _Case(A, singles, channels, seed, tolerance, loose)
    for check in CHECKS:
        check(case)
        _require(operator, pickle.dumps(operator) == frozen, 'stateless: a call changed the attributes of the operator')
        for name, value in before.items():
            _require(operator, torch.equal(A.params[name], value), f'stateless: a call changed the parameter {name!r}')


def _require(operator: LinearOperator, holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(f'{operator!r}: {message}')


def _inner(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (a * b).sum((1, 2, 3))


@dataclass(frozen=True)
class _Case:
    """A bound operator, random inputs for it, and tolerances."""

    A: BoundOperator
    singles: list[BoundOperator]
    channels: int
    seed: int
    tolerance: float
    pinv_tolerance: float

    @property
    def level(self) -> str:
        return self.A.operator.pinv_level

    def image(self, name: str, dtype: torch.dtype = torch.float64) -> torch.Tensor:
        return self._draw(name, self.A.image_shape, dtype)

    def observation(self, name: str, dtype: torch.dtype = torch.float64) -> torch.Tensor:
        return self._draw(name, self.A.observation_shape, dtype)

    def _draw(self, name: str, shape: ImageShape, dtype: torch.dtype) -> torch.Tensor:
        generator = keyed_generator(self.seed, name)
        return torch.randn(len(self.singles), self.channels, *shape, generator=generator, dtype=dtype)

    def require(self, holds: bool, message: str) -> None:
        _require(self.A.operator, holds, message)

    def same(self, promise: str, left: torch.Tensor, right: torch.Tensor, tolerance: float,
             scale: torch.Tensor | None = None) -> None:
        """Require max |left - right| <= tolerance * max |scale|, by default scale = left and right."""
        self.require(left.shape == right.shape, f'{promise}: shapes {tuple(left.shape)} and {tuple(right.shape)}')
        left, right = left.detach(), right.detach()
        size = float(torch.cat([left.flatten(), right.flatten()] if scale is None else [scale.detach()]).abs().max())
        gap = float((left - right).abs().max()) / max(size, 1e-300)
        self.require(gap <= tolerance, f'{promise}: relative difference {gap:.2e}, allowed {tolerance:.0e}')


def _check_shapes(case: _Case) -> None:
    x = case.image('x')
    kept = x.clone()
    batch, channels = x.shape[:2]
    y = case.A.forward(x)
    for name, result, shape in (('output_shape', y, case.A.observation_shape),
                                ('adjoint', case.A.adjoint(y), case.A.image_shape),
                                ('pinv', case.A.pinv(y), case.A.image_shape)):
        expected = (batch, channels, *shape)
        case.require(tuple(result.shape) == expected, f'{name}: got {tuple(result.shape)}, declared {expected}')
        case.require(bool(result.isfinite().all()), f'{name}: result is not finite')
    case.require(torch.equal(x, kept), 'stateless: forward changed its input')
    case.same('degrade is not A x', case.A.operator.degrade(x, case.A.params, None), y, case.tolerance)


def _check_linearity(case: _Case) -> None:
    x, z = case.image('x'), case.image('z')
    A = case.A.forward
    case.same('linearity: A (2 x - 3 z) = 2 A x - 3 A z', A(2 * x - 3 * z), 2 * A(x) - 3 * A(z), case.tolerance)


def _check_adjoint(case: _Case) -> None:
    x = case.image('x')
    Ax = case.A.forward(x)
    y = Ax + Ax.std() * case.observation('y')  # not orthogonal to A x, where rounding would rule
    product = _inner(Ax, y)
    scale = product.abs().clamp(min=1e-300)
    case.same('adjoint: <A x, y> = <x, A^T y>', product / scale, _inner(x, case.A.adjoint(y)) / scale, case.tolerance)


def _check_claims(case: _Case) -> None:
    """Check ``white_to_white`` (A A^T is diagonal) and ``invertible``."""
    operator = case.A.operator
    if operator.white_to_white:
        y, z = case.observation('y'), case.observation('z')
        image = case.A.forward(case.A.adjoint(y)), case.A.forward(case.A.adjoint(z))
        case.same('white_to_white: A A^T is not diagonal', image[0] * z, image[1] * y, case.tolerance)
    if operator.invertible:
        case.require(case.A.observation_shape == case.A.image_shape, 'invertible: A is not square')
        if case.level in EXACT_LEVELS:
            x = case.image('x')
            case.same('invertible: A^+ A x = x', case.A.pinv(case.A.forward(x)), x, case.pinv_tolerance)


def _check_penrose(case: _Case) -> None:
    if case.level == 'approximate':
        return
    forward, adjoint, pinv = case.A.forward, case.A.adjoint, case.A.pinv
    x, z, y, v = case.image('x'), case.image('z'), case.observation('y'), case.observation('v')
    unit: Callable[[torch.Tensor], torch.Tensor] = torch.Tensor.clone
    if case.level == 'iterative':
        x, z, y, v, unit = adjoint(y), adjoint(v), forward(x), forward(z), forward
    tolerance = case.pinv_tolerance
    case.same('Penrose 1: A A^+ A = A', forward(pinv(forward(x))), forward(x), tolerance)
    case.same('Penrose 2: A^+ A A^+ = A^+', unit(pinv(forward(pinv(y)))), unit(pinv(y)), tolerance)
    scale = _inner(y, y).sqrt() * _inner(v, v).sqrt()
    case.same('Penrose 3: (A A^+)^T = A A^+', _inner(forward(pinv(y)), v), _inner(y, forward(pinv(v))), tolerance,
              scale)
    if case.level != 'reflexive':
        scale = _inner(x, x).sqrt() * _inner(z, z).sqrt()
        case.same('Penrose 4: (A^+ A)^T = A^+ A', _inner(pinv(forward(x)), z), _inner(x, pinv(forward(z))), tolerance,
                  scale)


def _check_batch(case: _Case) -> None:
    x, y = case.image('x'), case.observation('y')
    Ax = case.A.forward(x)
    y = y if case.level in EXACT_LEVELS else Ax
    unit = torch.Tensor.clone if case.level in EXACT_LEVELS else case.A.forward
    for promise, batched, looped, tolerance in (
            ('forward', Ax, [A.forward(x[i:i + 1]) for i, A in enumerate(case.singles)], case.tolerance),
            ('adjoint', case.A.adjoint(y), [A.adjoint(y[i:i + 1]) for i, A in enumerate(case.singles)], case.tolerance),
            ('pinv', unit(case.A.pinv(y)), unit(torch.cat([A.pinv(y[i:i + 1]) for i, A in enumerate(case.singles)])),
             case.pinv_tolerance)):
        looped = torch.cat(looped) if isinstance(looped, list) else looped
        case.same(f'batch: {promise} of a batch is not that of its samples', batched, looped, tolerance)


def _check_gradients(case: _Case) -> None:
    x = case.image('x').requires_grad_()
    y = case.observation('y')
    (gradient,) = torch.autograd.grad(_inner(case.A.forward(x), y).sum(), x)
    case.same('gradient through A x', gradient, case.A.adjoint(y), case.tolerance)
    target = case.A.adjoint(case.A.forward(case.image('z')))
    y = case.A.forward(x.detach()).requires_grad_()
    product = _inner(case.A.pinv(y), target)
    (gradient,) = torch.autograd.grad(product.sum(), y)
    case.require(bool(gradient.isfinite().all()), 'gradient through A^+ y is not finite')
    if case.level != 'approximate':
        with torch.no_grad():
            scale = _inner(y, y).sqrt() * _inner(gradient, gradient).sqrt()
            case.same('gradient through A^+ y', _inner(y, gradient), product, case.pinv_tolerance, scale)


def _check_pickle(case: _Case) -> None:
    copy = pickle.loads(pickle.dumps(case.A))
    x = case.image('x')
    case.same('pickle: a copy acts differently', copy.forward(x), case.A.forward(x), case.tolerance)
    case.require(repr(copy.operator) == repr(case.A.operator), f'pickle: the copy is {copy.operator!r}')


def _check_autocast(case: _Case) -> None:
    x, y = case.image('x', torch.float32), case.observation('y', torch.float32)
    for name, call, argument in (('forward', case.A.forward, x), ('adjoint', case.A.adjoint, y)):
        plain = call(argument)
        with torch.autocast('cpu', dtype=torch.bfloat16):
            result = call(argument)
        case.require(result.dtype == torch.float32, f'autocast: {name} of float32 gives {result.dtype}')
        case.same(f'autocast changes {name}', result, plain, FLOAT32_TOLERANCE)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        result = case.A.pinv(y)
    case.require(result.dtype == torch.float32, f'autocast: pinv of float32 gives {result.dtype}')


def _check_window(case: _Case) -> None:
    """Check that a window of A, cut on one side, is the window of A x away from the cut."""
    A, x = case.A, case.image('x')
    if A.reach is None:
        return
    y, (height, width), stride = A.forward(x), A.image_shape, A.stride
    lost = -(-A.reach // stride)
    rows, columns = ((size - 1) // stride * stride for size in (height, width))  # the last place to cut
    cuts = ((Window(stride, height, 0, width), (lost, 0, 0, 0)), (Window(0, rows, 0, width), (0, lost, 0, 0)),
            (Window(0, height, stride, width), (0, 0, lost, 0)), (Window(0, height, 0, columns), (0, 0, 0, lost)))
    for window, (top, bottom, left, right) in cuts:
        part, seen = A.window(window), A.observed(window)
        case.require(tuple(part.observation_shape) == seen.shape,
                     f'window: {window} is observed as {tuple(part.observation_shape)}, not as {seen.shape}')
        kept = Window(top, seen.shape[0] - bottom, left, seen.shape[1] - right)
        case.require(min(kept.shape) > 0, f'window: reach {A.reach} leaves nothing of {A.image_shape}: '
                                          'check on a larger image_shape')
        case.same(f'window: A on {window} differs beyond its reach of {A.reach}',
                  kept.cut(part.forward(window.cut(x))), kept.cut(seen.cut(y)), case.tolerance, y)


CHECKS: tuple[Callable[[_Case], None], ...] = (
    _check_shapes, _check_linearity, _check_adjoint, _check_claims, _check_penrose, _check_batch, _check_gradients,
    _check_pickle, _check_autocast, _check_window)
