"""Reading configs, and turning mistakes in them into one line."""

import difflib
import inspect
import os
import re
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from mmengine.config import Config

DEBUG_VARIABLE = 'DRFUSE_DEBUG'
"""Environment variable; any value but an empty one shows tracebacks of user mistakes."""

_WORKER = re.compile(r'Caught (\w+) in DataLoader worker process \d+\..*^[\w.]*\1: (.*)', re.DOTALL | re.MULTILINE)
_UNKNOWN_ARGUMENT = re.compile(r"unexpected keyword argument '(\w+)'")
_SHOWN = 200

_MISTAKES = (KeyError, TypeError, ValueError, AttributeError, AssertionError, ImportError, OSError)


class UserError(ValueError):
    """A mistake the user can fix; its text is one line and is shown without a traceback.

    Of an error that torch brings from a worker process with its traceback, the message itself is kept.
    """

    def __init__(self, message: object) -> None:
        worker = _WORKER.search(str(message))
        super().__init__(' '.join((worker.group(2) if worker else str(message)).split()))


class CachedTextConfig(Config):
    """A config that formats its text once per content; MMEngine asks for it at every checkpoint, and it is slow."""

    _texts: ClassVar[dict[str, str]] = {}

    @classmethod
    def of(cls, cfg: Config) -> 'CachedTextConfig':
        """Return ``cfg`` as an instance of this class; the content is shared."""
        other = cls.__new__(cls)
        other.__dict__.update(cfg.__dict__)
        return other

    @property
    def pretty_text(self) -> str:
        """The formatted text."""
        key = repr(self._cfg_dict)
        if key not in self._texts:
            self._texts[key] = super().pretty_text
        return self._texts[key]


def load_config(path: str | Path, options: dict[str, Any] | None = None) -> Config:
    """Read a config file and apply ``--cfg-options``.

    Args:
        path: Config file (.py, .yaml or .json).
        options: Dotted key to value. Every key must exist in the config.

    Returns:
        The merged config.

    Raises:
        UserError: If the file is missing or not a config, or an option does not fit it.
    """
    path = Path(path)
    if path.is_dir():
        raise UserError(f'config {path} is a folder, not a config file')
    if not path.is_file():
        raise UserError(f'config {path} does not exist{_similar_file(path)}')
    try:
        cfg = CachedTextConfig.of(Config.fromfile(str(path)))
    except (Exception, SystemExit) as error:  # a config is Python code: anything may go wrong in it
        if os.environ.get(DEBUG_VARIABLE):
            raise
        raise UserError(f'{path}: {type(error).__name__}: {error}') from error
    for key, value in (options or {}).items():
        check_option_value(key, check_option_key(cfg, key), value, path)
    if options:
        cfg.merge_from_dict(options)
    return cfg


def check_option_key(cfg: Config, key: str) -> Any:
    """Return the value of a dotted ``key``; if it is not in ``cfg``, raise a :class:`UserError` naming the closest.

    Items of lists are addressed by their index, as in ``custom_hooks.0.interval``.
    """
    node: Any = cfg._cfg_dict if isinstance(cfg, Config) else cfg
    for part in key.split('.'):
        if isinstance(node, dict) and part in node:
            node = node[part]
        elif isinstance(node, list | tuple) and part.isdigit() and int(part) < len(node):
            node = node[int(part)]
        else:
            close = difflib.get_close_matches(key, list(all_keys(cfg)), n=1, cutoff=0.0)
            hint = f'; closest key: {close[0]}' if close else ''
            raise UserError(f'--cfg-options: {key} is not in {getattr(cfg, "filename", None) or "the config"}{hint}')
    return node


def check_option_value(key: str, old: Any, new: Any, source: object) -> None:
    """Raise a :class:`UserError` if a text would replace a number, list or dict of the config ``source``."""
    if isinstance(new, str) and isinstance(old, int | float | list | tuple | dict):
        shown = old if isinstance(old, int | float) else f'a {"dict" if isinstance(old, dict) else "list"}'
        raise UserError(f'--cfg-options: {key} is {shown} in {source}, got the text {new!r}')


def all_keys(node: Any, prefix: str = '') -> Iterator[str]:
    """Yield every dotted key of a config, list items by index."""
    node = node._cfg_dict if isinstance(node, Config) else node
    items: Sequence[tuple[Any, Any]] = []
    if isinstance(node, dict):
        items = list(node.items())
    elif isinstance(node, list | tuple):
        items = list(enumerate(node))
    for name, value in items:
        yield f'{prefix}{name}'
        yield from all_keys(value, f'{prefix}{name}.')


@contextmanager
def config_errors(source: object) -> Iterator[None]:
    """Turn what building from a wrong config raises into a one-line :class:`UserError`.

    Args:
        source: Config file, named in the message.
    """
    try:
        yield
    except UserError:
        raise
    except _MISTAKES as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        raise UserError(f'{source or "config"}: {_describe(error)}') from error


def _describe(error: BaseException) -> str:
    """Say what went wrong, without quotes of KeyError and the registry's advertisement."""
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    if '. Please check whether' in text:
        return text.split('. Please check whether')[0] + _similar_type(error)
    named = isinstance(error, KeyError) and ' ' in text or isinstance(error, ValueError | OSError)
    return text if named else f'{_argument_problem(error)}{type(error).__name__}: {text}'


def _building(error: BaseException) -> dict[str, Any]:
    """Return the variables of the registry's function that built what failed; empty if none did."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return next((f.f_locals for f in reversed(frames) if f.f_code.co_name == 'build_from_cfg'), {})


def _similar_type(error: BaseException) -> str:
    """Return a hint with the types whose names are closest to the unknown one."""
    found = _building(error)
    registry, names = found.get('registry'), set()
    while registry is not None:
        names |= set(registry.module_dict)
        registry = registry.parent
    close = difflib.get_close_matches(str(found.get('obj_type')), sorted(names), n=3, cutoff=0.0)
    return f'; closest: {", ".join(close)}' if close else ''


def _argument_problem(error: BaseException) -> str:
    """Say which class refused which arguments, for errors whose text does not."""
    found = _building(error)
    kind = found.get('obj_cls')
    if kind is None:
        return ''
    unknown = _UNKNOWN_ARGUMENT.search(str(error))
    known = [name for name in inspect.signature(kind).parameters if name != 'self']
    if unknown and unknown.group(1) not in known:
        return f'{kind.__name__} has no argument {unknown.group(1)!r}; allowed are {", ".join(known)}; '
    given = ', '.join(f'{k}={v!r}' for k, v in found['args'].items() if not isinstance(v, dict | list))
    return f'{kind.__name__}({given[:_SHOWN]}): '


def _similar_file(path: Path) -> str:
    """Return a hint naming a config of a similar name beside the missing one."""
    folder = path.parent
    names = [p.name for p in folder.iterdir()] if folder.is_dir() else []
    close = difflib.get_close_matches(path.name, names, n=1)
    return f'; did you mean {folder / close[0]}?' if close else ''
