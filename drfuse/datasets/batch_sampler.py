"""A batch sampler that names every batch, so that all randomness follows from the name."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from mmengine.dataset import DefaultSampler
from torch.utils.data import Sampler

from drfuse.datasets.sample_rng import SampleKey
from drfuse.registry import DATA_SAMPLERS
from drfuse.utils.seed import keyed_generator


@DATA_SAMPLERS.register_module()
class KeyedBatchSampler(Sampler):
    """Yields batches of :class:`SampleKey` instead of plain indices.

    The order of an epoch is a permutation keyed by (seed, epoch). A global batch is the next
    ``world_size * batch_size`` items of it, and rank r takes the r-th contiguous slice. So n processes
    with B / n samples each see the samples, and the random draws, of one process with B.

    ``shuffle``, the seed and the epoch live in the wrapped sampler, which MMEngine builds from
    ``sampler=dict(type='DefaultSampler', ...)`` and whose ``set_epoch`` its hook calls.

    Args:
        sampler: Source of dataset length, shuffle, seed, epoch, rank and world size.
        batch_size: Samples per process.
        drop_last: Leave out the incomplete last batch of an epoch. If False it is shared out as evenly
            as possible, and needs one sample per process.
        infinite: Go on to the next epoch by itself, for iteration-based training.

    Raises:
        ValueError: If an epoch holds no batch, or a rank would get an empty one.

    Example:
        ``dict(sampler=dict(type='DefaultSampler', shuffle=True), batch_sampler=dict(type='KeyedBatchSampler'))``
    """

    def __init__(self, sampler: DefaultSampler, batch_size: int, drop_last: bool = True,
                 infinite: bool = False) -> None:
        if not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(f'batch_size must be an integer >= 1, got {batch_size!r}')
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.infinite = infinite
        self._start = 0
        self._check_length()

    @property
    def global_batch_size(self) -> int:
        """Samples per step over all processes."""
        return self.sampler.world_size * self.batch_size

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch of the next ``iter()``."""
        self.sampler.set_epoch(epoch)

    def set_start(self, batch: int) -> None:
        """Let the next ``iter()``, and only that one, begin at a later global batch.

        Nothing is loaded for the batches left out.

        Args:
            batch: Batches to skip: within the epoch, or over all epochs if ``infinite``.

        Raises:
            ValueError: If the position lies outside the epoch.
        """
        if batch < 0 or (not self.infinite and batch > len(self)):
            raise ValueError(f'the start must lie in 0..{len(self)} batches of the epoch, got {batch}')
        self._start = batch

    def __len__(self) -> int:
        """Global batches per epoch."""
        full, rest = divmod(len(self.sampler.dataset), self.global_batch_size)
        return full + int(rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[list[SampleKey]]:
        return self._batches(self.sampler.epoch)

    def _batches(self, epoch: int) -> Iterator[list[SampleKey]]:
        # the start is taken when the first batch is drawn, for torch's workers ask for an iterator twice
        start, self._start = self._start, 0
        yield from (self._forever(start) if self.infinite else self._epoch(epoch, start))

    def _forever(self, start: int) -> Iterator[list[SampleKey]]:
        epoch, start = divmod(start, len(self))
        while True:
            yield from self._epoch(epoch, start)
            epoch, start = epoch + 1, 0

    def _epoch(self, epoch: int, start: int) -> Iterator[list[SampleKey]]:
        order = self._order(epoch)
        for batch in range(start, len(self)):
            items = order[batch * self.global_batch_size:(batch + 1) * self.global_batch_size]
            yield [SampleKey(epoch, batch, index, self.sampler.seed) for index in self._share(items)]

    def _order(self, epoch: int) -> list[int]:
        length = len(self.sampler.dataset)
        if not self.sampler.shuffle:
            return list(range(length))
        return torch.randperm(length, generator=keyed_generator(self.sampler.seed, epoch, 'order')).tolist()

    def _share(self, items: list[int]) -> list[int]:
        """Return this rank's contiguous part of a global batch."""
        rank, world = self.sampler.rank, self.sampler.world_size
        return items[rank * len(items) // world:(rank + 1) * len(items) // world]

    def _check_length(self) -> None:
        length, size, world = len(self.sampler.dataset), self.global_batch_size, self.sampler.world_size
        if len(self) == 0:
            raise ValueError(f'{length} samples are fewer than one batch of {size} ({world} x {self.batch_size}): '
                             'lower batch_size, or set drop_last=False')
        rest = length % size
        if not self.drop_last and 0 < rest < world:
            raise ValueError(f'drop_last=False leaves a last batch of {rest} samples for {world} processes: '
                             'set drop_last=True')
