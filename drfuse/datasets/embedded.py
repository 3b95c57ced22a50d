"""Pairs that need no files: drawn in memory, from their key alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from mmengine.logging import print_log

from drfuse.datasets.synthetic import draw_head, draw_road_scene
from drfuse.utils.seed import keyed_generator

Draw = Callable[[tuple[int, int], np.random.Generator], dict[str, np.ndarray]]

_TASKS: dict[str, Draw] = {
    'ivf': draw_road_scene,
    'mif': partial(draw_head, functional='pet'),
    'mif-spect': partial(draw_head, functional='spect'),
    'mif-ct': partial(draw_head, functional='ct'),
}
_MODALITIES = {'ivf': ('ir', 'vis'), 'mif': ('pet', 'mri'), 'mif-spect': ('spect', 'mri'), 'mif-ct': ('ct', 'mri')}
_MIN_SIDE = 32


class EmbeddedPairs:
    """Generated registered pairs: enough to try out, test and train a pipeline without any download.

    Args:
        task: ``ivf`` (road scenes: infrared, visible), ``mif`` (head slices: PET, MRI), ``mif-spect`` or
            ``mif-ct``.
        split: Part of the key: different splits never share a pair.
        num: Number of pairs.
        size: (H, W) in pixels.
        seed: Part of the key.

    Raises:
        ValueError: If an argument does not fit.
    """

    def __init__(self, task: str, split: str = 'train', num: int = 64, size: Sequence[int] = (256, 256),
                 seed: int = 0) -> None:
        if task not in _TASKS:
            raise ValueError(f'embedded task {task!r} is unknown; allowed are {list(_TASKS)}')
        if num < 1:
            raise ValueError(f'embedded num must be >= 1, got {num}')
        if len(size) != 2 or min(size) < _MIN_SIDE:
            raise ValueError(f'embedded size must be (H, W) with sides >= {_MIN_SIDE}, got {tuple(size)}')
        self.task = task
        self.split = split
        self.size = (int(size[0]), int(size[1]))
        self.seed = seed
        self.modalities = _MODALITIES[task]
        self.stems = [f'{task}_{split}_{i:05d}' for i in range(num)]
        self._kept: dict[str, dict[str, np.ndarray]] = {}

    def paths(self, stem: str) -> dict[str, str]:
        """Return a name for every image of a pair; no such file exists."""
        return {name: f'embedded:{stem}/{name}' for name in self.modalities}

    def render(self, stem: str) -> dict[str, np.ndarray]:
        """Return the images of a pair, modality to (H, W) or (H, W, 3), uint8.

        They are kept, because drawing takes longer than reading a file.
        """
        if stem not in self._kept:
            seed = keyed_generator('embedded', self.seed, stem).initial_seed()
            images = _TASKS[self.task](self.size, np.random.default_rng(seed))
            self._kept[stem] = {name: images[name] for name in self.modalities}
        return self._kept[stem]

    @staticmethod
    def warn_stand_in(data_root: str, split: str) -> None:
        """Say loudly that generated pairs stand in for the files of ``data_root``."""
        print_log(f'NO DATA: {data_root} does not exist, so GENERATED pairs stand in for its {split} split. Results '
                  'on them say nothing about the real set. To use real data, put it there (see '
                  'tools/dataset_converters) or pass --data-root FOLDER.', logger='current', level=logging.WARNING)

    def __repr__(self) -> str:
        return f'EmbeddedPairs(task={self.task!r}, split={self.split!r}, num={len(self.stems)}, size={self.size})'
