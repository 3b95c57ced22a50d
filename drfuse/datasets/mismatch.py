"""What is told of a degradation is not always what was done."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from drfuse.utils.seed import checked_range, uniform


@dataclass(frozen=True)
class Mismatch:
    """Now and then every stage does a random factor times what the observation says, so that a network learns to doubt.

    Attributes:
        factor: (low, high) of the factor, 0 = nothing is done.
        prob: Probability of a mismatch, for each modality by itself.

    Raises:
        ValueError: If the range is not one of numbers >= 0, or the probability is not in [0, 1].
    """

    factor: tuple[float, float]
    prob: float = 0.1

    def __post_init__(self) -> None:
        object.__setattr__(self, 'factor', checked_range(self.factor, 'factor of a mismatch'))
        if not 0 <= self.prob <= 1:
            raise ValueError(f'prob of a mismatch must be in [0, 1], got {self.prob}')

    def factors(self, count: int, generator: torch.Generator) -> list[float]:
        """Return how many times as much as is told each of ``count`` stages does."""
        if float(torch.rand((), generator=generator)) >= self.prob:
            return [1.0] * count
        return [float(uniform(self.factor, generator, 'mismatch')) for _ in range(count)]
