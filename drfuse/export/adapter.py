"""From observations to the inputs of an exported graph."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from drfuse.degradations import Observation
from drfuse.degradations.bound_operator import BoundOperator
from drfuse.degradations.compose import Compose
from drfuse.degradations.convolution import Convolution
from drfuse.degradations.downsample import AveragePool
from drfuse.degradations.identity import Identity
from drfuse.degradations.pinv_solvers import ReverseOrderPinv, WienerPinv
from drfuse.diffusion.samplers import full_size_sigma
from drfuse.export.graph_operator import FACTORS
from drfuse.utils.config import UserError

TAKEN = f'one blur with reflected border, then averages over {", ".join(map(str, FACTORS))} pixels a side'
"""What exported graphs know of degradations, for messages."""


def graph_inputs(inputs: Mapping[str, Observation]) -> dict[str, np.ndarray]:
    """Return the values of :data:`~drfuse.export.unrolled.INPUTS` for one pair.

    Args:
        inputs: Modality to observation, B = 1, A first.

    Raises:
        UserError: If a degradation is not one that the graphs take; the message says which are.
    """
    values: dict[str, np.ndarray] = {}
    for letter, (name, observation) in zip('ab', inputs.items(), strict=True):
        A = observation.A
        kernel, factor = _kernel_and_factor(name, A)
        (height, width), y = A.image_shape, observation.y
        y = y.repeat_interleave(factor, -2).repeat_interleave(factor, -1)[..., :height, :width]
        sigma = full_size_sigma(observation).expand_as(y)
        parts = {'': y.float(), 'kernel_': kernel.float(), 'sigma_': sigma.float(), 'factor_': torch.tensor(factor)}
        values |= {f'{prefix}{letter}': value.cpu().numpy() for prefix, value in parts.items()}
    return values


def _kernel_and_factor(name: str, A: BoundOperator) -> tuple[torch.Tensor, int]:
    parts = A.operator.kept_parts(A) if isinstance(A.operator, Compose) else [A]
    parts = [part for part in parts if not isinstance(part.operator, Identity)]
    blurs = [part for part in parts[:1] if isinstance(part.operator, Convolution)]
    reason = _reason(A, blurs, parts[len(blurs):])
    if reason is not None:
        raise UserError(f'{name} has {reason}: an exported model takes {TAKEN}; the backend pytorch takes any')
    kernel = blurs[0].operator.typed_kernel(blurs[0].params, torch.zeros(1))[0] if blurs else torch.ones(1, 1)
    return kernel, A.stride


def _reason(A: BoundOperator, blurs: list[BoundOperator], rest: list[BoundOperator]) -> str | None:
    """Return why a graph does not take an operator, None if it does."""
    if isinstance(A.operator, Compose) and type(A.operator.pinv_solver) is not ReverseOrderPinv:
        return f'the solver {A.operator.pinv_solver}'
    for blur in blurs:
        if blur.operator.boundary != 'reflect':
            return f'a blur with the boundary {blur.operator.boundary}'
        if repr(blur.operator.pinv_solver) != repr(WienerPinv()):
            return 'a blur with another solver'
    if not all(isinstance(part.operator, AveragePool) for part in rest):
        return ' and '.join(type(part.operator).__name__ for part in (*blurs, *rest))
    if A.stride not in FACTORS:
        return f'the factor {A.stride}'
    return 'cells that are left out or cut at the border' if any(_is_ragged(p, len(rest)) for p in rest) else None


def _is_ragged(pool: BoundOperator, number: int) -> bool:
    """Whether cells do not fill the image, and are dropped or are averages of averages."""
    factor, border = pool.operator.factor, pool.operator.border  # type: ignore[attr-defined]
    return any(n % factor for n in pool.image_shape) and (border == 'drop' or number > 1)
