"""Several data sets of the same modalities as one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from torch.utils.data import Dataset

from drfuse.datasets.paired_fusion_dataset import PairedFusionDataset
from drfuse.datasets.sample_rng import SampleKey
from drfuse.registry import DATASETS


@DATASETS.register_module()
class MixedFusionDataset(Dataset):
    """A row of paired data sets; a small one may come several times in an epoch.

    The random draws of a sample are keyed by its position in the whole, so a repeated pair is cropped and degraded
    anew. Degradations and crop sizes are settled per batch over all of them: give every part the same ones.

    Args:
        datasets: Configs of :class:`PairedFusionDataset`, in training mode and with the same modalities.
        repeats: How often each comes in an epoch; None = once.
        shared: Arguments that every data set gets, below its own.

    Raises:
        ValueError: If there is none, the repeats do not fit, or modalities or kinds of data differ.
    """

    def __init__(self, datasets: Sequence[dict], repeats: Sequence[int] | None = None,
                 shared: dict[str, Any] | None = None) -> None:
        if not datasets:
            raise ValueError('MixedFusionDataset needs at least one dataset, got none')
        repeats = [1] * len(datasets) if repeats is None else list(repeats)
        if len(repeats) != len(datasets) or not all(isinstance(r, int) and r >= 1 for r in repeats):
            raise ValueError(f'MixedFusionDataset needs {len(datasets)} repeats >= 1, got {repeats}')
        self.datasets: list[PairedFusionDataset] = [DATASETS.build({**(shared or {}), **cfg}) for cfg in datasets]
        self._ends = list(accumulate(len(d) * r for d, r in zip(self.datasets, repeats, strict=True)))
        for name in ('modalities', 'data'):
            values = {d.metainfo[name] for d in self.datasets}
            if len(values) > 1:
                raise ValueError(f'the datasets of a MixedFusionDataset must agree in {name}, got {sorted(values)}')

    @property
    def metainfo(self) -> dict[str, Any]:
        """The first data set's metainfo, with the data roots of all of them."""
        roots = dict.fromkeys(str(d.metainfo['data_root']) for d in self.datasets)
        return dict(self.datasets[0].metainfo, data_root=','.join(roots))

    def full_init(self) -> None:
        """Load the lists of all data sets, as MMEngine's runner asks for."""
        for dataset in self.datasets:
            dataset.full_init()

    def __len__(self) -> int:
        return self._ends[-1]

    def __getitem__(self, key: SampleKey | int) -> Any:
        """Return one sample; see :class:`PairedFusionDataset`."""
        key = SampleKey(*key) if isinstance(key, tuple) else SampleKey(0, 0, int(key))
        part = bisect_right(self._ends, key.index)
        dataset = self.datasets[part]
        local = (key.index - (self._ends[part - 1] if part else 0)) % len(dataset)
        return dataset.pipeline(dataset.results(key._replace(index=local), draws=key))
