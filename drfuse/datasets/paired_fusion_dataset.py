"""Tuples of registered images, and how each modality is degraded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from mmengine.dataset import BaseDataset

from drfuse.datasets.embedded import EmbeddedPairs
from drfuse.datasets.image_io import IMAGE_EXTENSIONS
from drfuse.datasets.mismatch import Mismatch
from drfuse.datasets.pairing import Table, list_images, match_stems, read_csv, read_list
from drfuse.datasets.sample_rng import SampleKey, SampleRNG
from drfuse.datasets.transforms.geometry import checked_crop_sizes
from drfuse.degradations.degradation import Degradation
from drfuse.registry import DATASETS, TRANSFORMS
from drfuse.utils.paths import share_root


@DATASETS.register_module()
class PairedFusionDataset(BaseDataset):
    """Registered images of M modalities, matched by file stem.

    ``dataset.metainfo`` has ``modalities``, ``data`` (``files`` or ``embedded-synthetic``),
    ``data_root`` (None if embedded) and ``split``.

    Args:
        data_root: Folder of the set; None only with ``embedded``.
        data_prefix: Modality to folder of clean images, relative to ``data_root``, in the order in which
            a model sees the modalities. None: the folders of the class; ``{}``: no clean images.
        split: Fills ``{split}`` in the folders.
        degradations: Modality to list of stages, or to the arguments of
            :class:`~drfuse.degradations.degradation.Degradation`. A modality left out is not degraded.
        mismatch: Arguments of :class:`~drfuse.datasets.mismatch.Mismatch`: what observations say of the degradations is
            sometimes wrong. None = never.
        observed_prefix: Modality to folder of already degraded images, for ``AttachObservations``.
        channels: Modality to 1 or 3: use that many channels instead of the stored ones.
        ann_file: Selects and orders pairs; relative to ``data_root``, may hold ``{split}``. Either a
            ``.csv`` file with one column of paths per modality (``data_prefix`` then only names the
            modalities), or a list of file names or stems. ``splits/NAME`` is one of drfuse's own lists.
        embedded: Arguments of :class:`~drfuse.datasets.embedded.EmbeddedPairs` without ``split``, and
            ``data_root``, the only folder that generated pairs may stand in for, and only while it does
            not exist.
        crop_size: What ``PairedCrop`` cuts: a side, or a list of sides or (h, w) of which each batch draws one.
        pipeline: Transforms.
        test_mode: Draw validation noise: fixed by ``seed`` and file stem.
        seed: Seed of the validation noise; in training the run's own seed comes with the key.
        indices: First n pairs, or positions of pairs.
        metainfo: More metainfo.

    Raises:
        FileNotFoundError: If a folder, list or file is missing.
        ValueError: If pairs are incomplete or an argument does not fit; the message says what is allowed.
    """

    DEFAULT_PREFIX: ClassVar[dict[str, str]] = {}
    EXTENSIONS: ClassVar[tuple[str, ...]] = IMAGE_EXTENSIONS

    def __init__(self, data_root: str | None = None,  # noqa: PLR0913 - one argument per config key
                 data_prefix: Mapping[str, str] | None = None,
                 split: str = 'train', degradations: Mapping[str, Sequence | Mapping] | None = None,
                 mismatch: Mapping[str, Any] | None = None, observed_prefix: Mapping[str, str] | None = None,
                 channels: Mapping[str, int] | None = None, ann_file: str = '',
                 embedded: Mapping[str, Any] | None = None, crop_size: int | Sequence | None = None,
                 pipeline: Sequence[dict | Callable] = (), test_mode: bool = False, seed: int = 0,
                 indices: int | Sequence[int] | None = None, metainfo: Mapping[str, Any] | None = None) -> None:
        self.split = split
        self.seed = seed
        self.embedded = _embedded_pairs(data_root, None if observed_prefix else embedded, split)
        self.observed_prefix = _filled(observed_prefix or {}, split)
        prefix = _filled(self.DEFAULT_PREFIX if data_prefix is None else data_prefix, split)
        self.modalities = self._modalities(prefix)
        self.channels = _checked_channels(channels or {}, self.modalities)
        self.crop_sizes = None if crop_size is None else checked_crop_sizes(crop_size)
        self.degradations = _build_degradations(degradations or {}, self.modalities)
        self.mismatch = None if mismatch is None else Mismatch(**mismatch)
        super().__init__(ann_file=ann_file, data_root=data_root or '', data_prefix=prefix, indices=indices,
                         test_mode=test_mode,
                         pipeline=[TRANSFORMS.build(t) if isinstance(t, dict) else t for t in pipeline])
        # set here, because the base class takes every string in metainfo for a file name
        self._metainfo.update(modalities=self.modalities, split=split,
                              data='files' if self.embedded is None else 'embedded-synthetic',
                              data_root=data_root if self.embedded is None else None, **(metainfo or {}))

    def load_data_list(self) -> list[dict[str, Any]]:
        """Return stem, ``paths`` and ``observed_paths`` of every pair.

        Raises:
            FileNotFoundError: See the class.
            ValueError: See the class.
        """
        pairs = self._embedded_list() if self.embedded is not None else self._file_list()
        _check_indices(self._indices, len(pairs))
        return pairs

    def _embedded_list(self) -> list[dict[str, Any]]:
        return [dict(stem=stem, paths=self.embedded.paths(stem), observed_paths={}) for stem in self.embedded.stems]

    def _file_list(self) -> list[dict[str, Any]]:
        from_csv = self.ann_file.endswith('.csv')
        clean = read_csv(self.ann_file, self.modalities, self.data_root) if from_csv else self._tables(self.data_prefix)
        observed = self._tables(self.observed_prefix)
        tables = {f'{self.ann_file} ({name})' if from_csv else self.data_prefix[name]: table
                  for name, table in clean.items()}
        tables |= {self.observed_prefix[name]: table for name, table in observed.items()}
        stems = read_list(self.ann_file, tables) if self.ann_file and not from_csv else match_stems(tables)
        return [dict(stem=stem, paths={name: table[stem] for name, table in clean.items()},
                     observed_paths={name: table[stem] for name, table in observed.items()}) for stem in stems]

    def __getitem__(self, key: SampleKey | int) -> Any:
        """Return one sample.

        Args:
            key: A :class:`SampleKey` in training; a position otherwise (in training, position i means
                epoch 0, batch 0).

        Returns:
            What the pipeline makes of it.
        """
        key = SampleKey(*key) if isinstance(key, tuple) else SampleKey(0, 0, int(key), self.seed)
        return self.pipeline(self.results(key))

    def results(self, key: SampleKey, draws: SampleKey | None = None) -> dict[str, Any]:
        """Return what the pipeline of a sample starts from; ``draws`` names its random draws, if not ``key``."""
        info = self.get_data_info(key.index)
        rng = SampleRNG.for_validation(self.seed, info['stem']) if self.test_mode \
            else SampleRNG.for_training(draws or key)
        return dict(info, modalities=self.modalities, degradations=self.degradations, mismatch=self.mismatch,
                    channels=self.channels, crop_sizes=self.crop_sizes, embedded=self.embedded, rng=rng,
                    data=self._metainfo['data'])

    def _join_prefix(self) -> None:
        """Make list file and folders relative to ``data_root``; absolute paths stay."""
        root = Path(self.data_root)
        if self.ann_file:
            ann_root = share_root() if self.ann_file.startswith('splits/') else root
            self.ann_file = str(ann_root / self.ann_file.replace('{split}', self.split))
        self.data_prefix = {name: str(root / folder) for name, folder in self.data_prefix.items()}
        self.observed_prefix = {name: str(root / folder) for name, folder in self.observed_prefix.items()}

    def _modalities(self, prefix: Mapping[str, str]) -> tuple[str, ...]:
        names = tuple(prefix or self.observed_prefix)
        if self.embedded is not None:
            if names and set(names) != set(self.embedded.modalities):
                raise ValueError(f'embedded task {self.embedded.task!r} has the modalities '
                                 f'{self.embedded.modalities}, but data_prefix names {names}')
            return names or self.embedded.modalities
        if not names:
            raise ValueError('data_prefix must name at least one modality, as in dict(ir=\'train/ir\')')
        if self.observed_prefix and set(self.observed_prefix) != set(names):
            raise ValueError(f'observed_prefix must name {names}, got {tuple(self.observed_prefix)}')
        return names

    def _tables(self, folders: Mapping[str, str]) -> dict[str, Table]:
        return {name: list_images(folders[name], self.EXTENSIONS) for name in self.modalities if folders}


def _embedded_pairs(data_root: str | None, embedded: Mapping[str, Any] | None, split: str) -> EmbeddedPairs | None:
    """Return the generator where it may stand in for files: no folder named, or the default one is absent."""
    if embedded is None:
        if data_root is None:
            raise ValueError('data_root is None: name the folder of the data set')
        return None
    config = dict(embedded)
    default = config.pop('data_root', None)
    if data_root is not None:
        if data_root != default or Path(data_root).exists():
            return None
        EmbeddedPairs.warn_stand_in(data_root, split)
    return EmbeddedPairs(split=split, **config)


def _filled(prefix: Mapping[str, str], split: str) -> dict[str, str]:
    return {name: folder.replace('{split}', split) for name, folder in prefix.items()}


def _checked_channels(channels: Mapping[str, int], modalities: tuple[str, ...]) -> dict[str, int]:
    _check_names('channels', channels, modalities)
    for name, number in channels.items():
        if number not in (1, 3):
            raise ValueError(f'channels of {name!r} must be 1 or 3, got {number!r}')
    return dict(channels)


def _build_degradations(configs: Mapping[str, Sequence | Mapping],
                        modalities: tuple[str, ...]) -> dict[str, Degradation]:
    _check_names('degradations', configs, modalities)
    built = {}
    for name in modalities:
        config = configs.get(name, ())
        built[name] = Degradation(**config) if isinstance(config, Mapping) else Degradation(config)
    return built


def _check_indices(indices: int | Sequence[int] | None, count: int) -> None:
    if indices is None:
        return
    if isinstance(indices, int):
        valid = indices >= 1
    else:
        valid = len(indices) > 0 and all(isinstance(i, int) and -count <= i < count for i in indices)
    if not valid:
        raise ValueError(f'indices must be a number of pairs >= 1 or positions in {-count}..{count - 1}, '
                         f'got {indices!r}')


def _check_names(argument: str, given: Mapping[str, Any], modalities: tuple[str, ...]) -> None:
    unknown = [name for name in given if name not in modalities]
    if unknown:
        raise ValueError(f'{argument} names the unknown modality {unknown[0]!r}; allowed are {list(modalities)}')
