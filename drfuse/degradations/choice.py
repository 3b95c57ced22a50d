"""Random structure: one of several stages, or rows of stages, settled once a batch."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from drfuse.degradations.compose import Compose
from drfuse.degradations.identity import Identity
from drfuse.degradations.linear_operator import LinearOperator, Stage
from drfuse.registry import DEGRADATIONS
from drfuse.utils.typing import Params

_UNRESOLVED = 'OneOf has not been resolved: call Degradation.resolve(generator) first'


@DEGRADATIONS.register_module()
class OneOf(Stage):
    """One of several stages, drawn by :meth:`resolve` for a whole batch.

    Args:
        stages: Configs or stages; a list among them means the stages in it, in order (a whole recipe, with noise and
            choices of its own, or a product of operators); an empty list is the identity.
        weights: Relative odds, default equal.

    Raises:
        ValueError: If there is no stage, or the weights do not fit.
    """

    def __init__(self, stages: Sequence[dict | Stage | list], weights: Sequence[float] | None = None) -> None:
        if not stages:
            raise ValueError('OneOf needs at least one stage, got none')
        if weights is not None and (len(weights) != len(stages) or min(weights) < 0 or sum(weights) <= 0):
            raise ValueError(f'OneOf needs {len(stages)} weights >= 0 with a positive sum, got {list(weights)}')
        self.stages = [_build(stage) for stage in stages]
        self.weights = list(weights) if weights is not None else [1.0] * len(stages)

    def resolve(self, generator: torch.Generator | None) -> Stage:
        """Draw one stage, and settle its own choices."""
        if generator is None:
            raise ValueError(f'OneOf draws one of {len(self.stages)} stages: pass a torch.Generator')
        odds = torch.tensor(self.weights, dtype=torch.float64)
        index = int(torch.multinomial(odds, 1, generator=generator))
        return self.stages[index].resolve(generator)

    def sample_params(self, generator: torch.Generator | None) -> Params:
        """Not defined before a stage is chosen."""
        raise RuntimeError(_UNRESOLVED)

    def degrade(self, image: torch.Tensor, params: Params, generator: torch.Generator | None) -> torch.Tensor:
        """Not defined before a stage is chosen."""
        raise RuntimeError(_UNRESOLVED)


class Steps(Stage):
    """Stages in a row, one alternative of :class:`OneOf`; :class:`Degradation` takes it apart.

    Args:
        stages: What acts, in order.
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.stages = list(stages)

    def resolve(self, generator: torch.Generator | None) -> Stage:
        """Settle the choices of every stage."""
        return Steps([stage.resolve(generator) for stage in self.stages])

    def degrade(self, image: torch.Tensor, params: Params, generator: torch.Generator | None) -> torch.Tensor:
        """Not defined: the stages draw and act one by one."""
        raise RuntimeError('Steps acts inside a Degradation only')


def flat(stages: Sequence[Stage]) -> list[Stage]:
    """Return the stages with every :class:`Steps` replaced by what is in it."""
    return [inner for stage in stages for inner in (flat(stage.stages) if isinstance(stage, Steps) else [stage])]


def _build(stage: dict | Stage | list) -> Stage:
    if isinstance(stage, Stage):
        return stage
    if isinstance(stage, dict):
        return DEGRADATIONS.build(stage)
    stages = [_build(s) for s in stage]
    operators = [s for s in stages if isinstance(s, LinearOperator)]
    if len(operators) < len(stages):
        return Steps(stages)
    return Compose(operators) if operators else Identity()
