"""Which sources belong together: two pictures, two folders, two lists, two batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from drfuse.datasets.pairing import list_images, match_stems
from drfuse.utils.config import UserError


class SourcePair(NamedTuple):
    """Two sources as they were handed over.

    Attributes:
        name: File stem of B, or a number.
        a: What :func:`~drfuse.apis.picture.as_picture` takes.
        b: The same.
    """

    name: str
    a: Any
    b: Any


class Sources(NamedTuple):
    """All pairs of a call.

    Attributes:
        pairs: At least one.
        single: Whether the call named one picture a side, not a folder, list or batch.
    """

    pairs: list[SourcePair]
    single: bool


def match_sources(a: Any, b: Any) -> Sources:
    """Return the pairs of two arguments of the same kind.

    Args:
        a: A picture, a folder, a list of pictures, or a batch: an array (B, H, W, C), a tensor (B, C, H, W).
        b: The same. Files of folders belong together by their stem.

    Raises:
        FileNotFoundError: If a folder is missing.
        UserError: If the kinds or numbers differ, a folder has files without a partner, or there is nothing.
    """
    if '' in [str(source) for source in (a, b) if isinstance(source, str)]:
        raise UserError('the name of a source is empty')
    if _is_folder(a) or _is_folder(b):
        return Sources(_match_folders(a, b), False)
    many = [_items(side) for side in (a, b)]
    if many[0] is None and many[1] is None:
        if isinstance(a, str | Path) and isinstance(b, str | Path) and Path(a).resolve() == Path(b).resolve():
            raise UserError(f'A and B are the same file {a}')
        return Sources([SourcePair(_stem(b, 'pair'), a, b)], True)
    if many[0] is None or many[1] is None:
        raise UserError('A and B must be of one kind: one is a single picture, the other holds several')
    first, second = many[0], many[1]
    if len(first) != len(second) or not first:
        raise UserError(f'A and B must hold the same number of pictures, at least one, got {len(first)} '
                        f'and {len(second)}')
    names = [_stem(item, str(i)) for i, item in enumerate(second)]
    return Sources([SourcePair(*item) for item in zip(names, first, second, strict=True)], False)


def _is_folder(source: Any) -> bool:
    return isinstance(source, str | Path) and Path(source).expanduser().is_dir()


def _match_folders(a: Any, b: Any) -> list[SourcePair]:
    for this, other in ((a, b), (b, a)):
        if not _is_folder(this):
            if isinstance(this, str | Path) and not Path(this).expanduser().exists():
                raise FileNotFoundError(f'no file or folder {this}')
            raise UserError(f'A and B must be of one kind: {other} is a folder, '
                            f'{this if isinstance(this, str | Path) else "the other"} is not')
    try:
        tables = {str(folder): list_images(Path(folder).expanduser()) for folder in (a, b)}
        if len(tables) == 1:
            raise UserError(f'A and B are the same folder {a}')
        first, second = tables.values()
        return [SourcePair(stem, first[stem], second[stem]) for stem in match_stems(tables)]
    except ValueError as error:
        raise UserError(error) from None


def _items(source: Any) -> list[Any] | None:
    """Return the pictures of a list or batch, None for a single picture."""
    if isinstance(source, list | tuple):
        return list(source)
    if isinstance(source, np.ndarray | torch.Tensor) and source.ndim == 4:  # noqa: PLR2004
        return list(source)
    if isinstance(source, Iterator):
        return list(source)
    return None


def _stem(source: Any, otherwise: str) -> str:
    return Path(source).stem if isinstance(source, str | Path) else otherwise
