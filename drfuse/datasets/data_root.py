"""Pointing every dataloader of a config at one folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mmengine.config import Config

_LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


def set_data_root(cfg: Config, path: str) -> int:
    """Set ``data_root`` of every dataset of every dataloader, in place; datasets in wrappers too.

    A folder named this way must exist and be complete: generated pairs stand in for a default folder
    that nobody asked for, so ``embedded`` is taken out.

    Args:
        cfg: Config; a dataloader that is None or absent is passed over.
        path: Folder of the data set.

    Returns:
        How many datasets were changed.

    Raises:
        ValueError: If no dataset of the config has a ``data_root``.
    """
    datasets = [dataset for name in _LOADERS for dataset in _datasets(cfg.get(name))]
    if not datasets:
        raise ValueError(f'data_root {path}: no dataset of {cfg.filename or "the config"} has a data_root')
    for dataset in datasets:
        dataset['data_root'] = str(path)
        dataset.pop('embedded', None)
    return len(datasets)


def _datasets(node: Any) -> Iterator[dict]:
    """Yield the outermost dictionaries with a ``data_root``."""
    if isinstance(node, dict) and 'data_root' in node:
        yield node
    else:
        children = node.values() if isinstance(node, dict) else node if isinstance(node, list | tuple) else ()
        for child in children:
            yield from _datasets(child)
