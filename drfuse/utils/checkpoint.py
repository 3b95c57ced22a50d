"""Checkpoints: read without running code, written in one piece.

A checkpoint is read with ``torch.load(weights_only=True)`` and nothing else, so a file from a
stranger cannot run anything. What we write holds tensors and plain Python values alone.
"""

import hashlib
import os
import pickle
import pickletools
import re
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from drfuse.utils.config import UserError

LAST_CHECKPOINT = 'last_checkpoint'
"""File in a work directory that names its newest checkpoint."""


_REFUSED = re.compile(r'(?:Unsupported global: GLOBAL|Trying to load unsupported GLOBAL|unrecognized function'
                      r'|Can only create new object|Can only build Tensor)[^\n]*')
_NAME = re.compile(r'(?:GLOBAL|function) ([\w.]+)')
_CODE = {'GLOBAL', 'STACK_GLOBAL', 'REDUCE', 'INST', 'OBJ', 'NEWOBJ', 'NEWOBJ_EX', 'BUILD'}
_DAMAGED = (RuntimeError, EOFError, OSError, ValueError, LookupError, AttributeError, TypeError, AssertionError)


class CheckpointError(UserError):
    """A checkpoint that cannot be used; the text is one line and names the file."""


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint to the CPU without executing anything in it.

    Args:
        path: Local file.

    Returns:
        The content: a full checkpoint (``state_dict``, ``meta``, ...) or a bare state dict.

    Raises:
        CheckpointError: If the file is missing, unreadable, or holds more than tensors and plain values.
    """
    path = Path(path).expanduser()
    if path.is_dir():
        raise CheckpointError(f'checkpoint {path} is a folder, not a checkpoint file')
    if not path.is_file():
        raise CheckpointError(f'checkpoint {path} does not exist')
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # about the pickle protocol of foreign files
            content = torch.load(path, map_location='cpu', weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(_refusal(path, str(error))) from None
    except _DAMAGED as error:
        raise CheckpointError(f'{path} is not a checkpoint, or it is damaged ({type(error).__name__})') from None
    if not isinstance(content, Mapping):
        raise CheckpointError(f'{path} is not a checkpoint: it holds a {type(content).__name__}, not a dictionary')
    for part in ('state_dict', 'meta'):
        if not isinstance(content.get(part, {}), Mapping):
            raise CheckpointError(f'{path} is not a checkpoint: its {part} is a {type(content[part]).__name__}')
    return dict(content)


def _refusal(path: Path, reason: str) -> str:
    """Tell code in a pickle from a file that is no pickle at all."""
    found = _REFUSED.search(reason)
    if not found and not _is_code(path):
        return f'{path} is not a checkpoint, or it is damaged'
    name = _NAME.search(found.group()) if found else None
    detail = f' ({name.group(1)})' if name else ''
    return f'{path} contains code or unsupported objects{detail}; it was not executed and is refused'


def _is_code(path: Path) -> bool:
    """Return whether a file is a plain pickle that would call something; reads it, runs nothing."""
    try:
        return any(operation.name in _CODE for operation, _, _ in pickletools.genops(path.read_bytes()))
    except (ValueError, IndexError, UnicodeDecodeError):
        return False


def model_weights(checkpoint: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """Return the weights of a full checkpoint or a bare state dict, without a ``module.`` prefix."""
    weights = checkpoint.get('state_dict', checkpoint)
    return {name.removeprefix('module.'): value for name, value in weights.items()}


def load_weights(model: nn.Module, checkpoint: Mapping[str, Any], path: str | Path, strict: bool = True) -> list[str]:
    """Copy the weights of a checkpoint into a model.

    What a module names in ``optional_state``, younger than some checkpoints, may be missing and stays as it is.

    Args:
        model: Changed in place.
        checkpoint: From :func:`read_checkpoint`.
        path: The file, for messages.
        strict: Whether every name and shape must match.

    Returns:
        What does not match, one text each; empty if all matches.

    Raises:
        CheckpointError: If ``strict`` and something does not match, or if nothing matches.
    """
    weights, own = model_weights(checkpoint), model.state_dict()
    optional = {f'{name}.{part}' for name, module in model.named_modules()
                for part in getattr(module, 'optional_state', ())}
    problems = [f'missing {name}' for name in own if name not in weights and name not in optional]
    problems += [f'unexpected {name}' for name in weights if name not in own]
    wrong = [n for n, v in weights.items()
             if n in own and (not isinstance(v, torch.Tensor) or v.shape != own[n].shape)]
    problems += [f'{n} is {tuple(getattr(weights[n], "shape", ()))}, needs {tuple(own[n].shape)}' for n in wrong]
    usable = {n: v for n, v in weights.items() if n in own and n not in wrong}
    if problems and (strict or not usable):
        shown = '; '.join(problems[:3]) + (f'; and {len(problems) - 3} more' if len(problems) > 3 else '')
        raise CheckpointError(f'{path} does not fit {type(model).__name__}: {shown}')
    model.load_state_dict(usable, strict=False)
    return problems


def load_checkpoint(model: nn.Module, path: str | Path, strict: bool = True) -> dict[str, Any]:
    """Load the weights of a checkpoint file into a model, executing nothing.

    Args:
        model: Changed in place.
        path: Local file.
        strict: Whether every name and shape must match.

    Returns:
        The checkpoint.

    Raises:
        CheckpointError: If the file cannot be read or does not fit the model.

    Example:
        >>> import tempfile, torch
        >>> net = torch.nn.Linear(2, 1)
        >>> path = tempfile.mkdtemp() + '/net.pth'
        >>> save_atomic(net.state_dict(), path)
        >>> sorted(load_checkpoint(torch.nn.Linear(2, 1), path))
        ['bias', 'weight']
    """
    checkpoint = read_checkpoint(path)
    load_weights(model, checkpoint, path, strict)
    return checkpoint


def save_atomic(content: Any, path: str | Path) -> None:
    """Write a checkpoint such that ``path`` holds the old or the new file at any time."""
    path = Path(path)
    temporary = path.with_name(f'.{path.name}.{os.getpid()}.tmp')
    try:
        torch.save(content, temporary)
        publish_file(temporary, path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def publish_file(temporary: Path, path: Path) -> None:
    """Flush ``temporary`` to the disk and give it the name ``path``."""
    with open(temporary, 'rb') as file:
        os.fsync(file.fileno())
    os.replace(temporary, path)


def write_atomic(data: bytes | str, path: str | Path) -> None:
    """Write a small file such that ``path`` holds the old or the new content at any time."""
    path = Path(path)
    temporary = path.with_name(f'.{path.name}.{os.getpid()}.tmp')
    try:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)
        publish_file(temporary, path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def find_last_checkpoint(work_dir: str | Path) -> Path | None:
    """Return the newest checkpoint of a work directory, also after the directory was moved.

    Raises:
        CheckpointError: If ``last_checkpoint`` names a file that is gone.
    """
    work_dir = Path(work_dir)
    note = work_dir / LAST_CHECKPOINT
    if not note.is_file():
        return None
    named = Path(note.read_text().strip())
    for path in (named, work_dir / named.name):
        if path.is_file():
            return path
    raise CheckpointError(f'{note} names {named}, which does not exist')


def file_sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def plain(value: Any) -> Any:
    """Return ``value`` with NumPy scalars as Python numbers and NumPy arrays as tensors, recursively.

    Anything else than tensors, numbers, texts, None and containers of these becomes its text, so
    that the result can always be read with ``weights_only=True``.
    """
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value.copy()) if value.dtype.kind in 'biuf' else plain(value.tolist())
    if isinstance(value, Mapping):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [plain(item) for item in value]
        return tuple(items) if isinstance(value, tuple) else items
    if value is None or type(value) in (bool, int, float, complex, str, bytes) or isinstance(value, torch.Tensor):
        return value
    return str(value)
