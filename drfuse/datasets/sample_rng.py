"""The names under which a data pipeline draws its random numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch

from drfuse.utils.seed import keyed_generator


class SampleKey(NamedTuple):
    """Names one training sample; a batch sampler yields lists of them.

    Attributes:
        epoch: Epoch, from 0.
        batch: Number of the global batch within the epoch, the same on every rank.
        index: Position of the pair in the dataset.
        seed: Seed of the training run.
    """

    epoch: int
    batch: int
    index: int
    seed: int = 0


@dataclass(frozen=True)
class SampleRNG:
    """Random streams of one sample, by name.

    Every call returns a fresh generator at the start of its stream, so the order of calls is free and
    no worker, rank or restart can change a draw.

    Attributes:
        batch_key: Key of the draws shared by a batch.
        sample_key: Key of the draws of this sample alone.
        training: Whether the draws change from epoch to epoch.
        number: Which step of its kind in a pipeline draws, from 1; see :func:`step_streams`.
    """

    batch_key: tuple[str | int, ...]
    sample_key: tuple[str | int, ...]
    training: bool
    number: int = 1

    @classmethod
    def for_training(cls, key: SampleKey) -> SampleRNG:
        """Return the streams of a training sample."""
        return cls(('train-batch', key.seed, key.epoch, key.batch),
                   ('train-sample', key.seed, key.epoch, key.index), training=True)

    @classmethod
    def for_validation(cls, seed: int, stem: str) -> SampleRNG:
        """Return the streams of a validation sample: the same in every run, epoch and rank."""
        return cls(('val', seed, stem), ('val', seed, stem), training=False)

    def batch(self, name: str) -> torch.Generator:
        """Return the stream ``name`` for draws that change shapes: one value for the whole batch.

        It has no number: the sets that a batch is mixed from may differ in their steps, and must agree in shapes.
        """
        return keyed_generator(*self.batch_key, 'batch', name)

    def sample(self, name: str) -> torch.Generator:
        """Return the stream ``name`` for draws of this sample alone."""
        # the first has no number, so that draws are those of before there were numbers
        return keyed_generator(*self.sample_key, 'sample', name if self.number == 1 else f'{name} {self.number}')


def step_streams(results: dict[str, Any], kind: str) -> SampleRNG:
    """Return the streams of one step of a pipeline, and count it: two steps of a kind draw independently.

    Args:
        results: Of the pipeline; ``rng`` has the streams of the sample, ``steps`` is changed.
        kind: What the step is; steps of other kinds do not count.
    """
    steps = results.get('steps', {})
    number = steps.get(kind, 0) + 1
    results['steps'] = {**steps, kind: number}  # a new one: a copy of the results counts for itself
    return replace(results['rng'], number=number)
