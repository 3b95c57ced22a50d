"""Reading configs, and turning mistakes in them into one line."""

import difflib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from mmengine.config import Config

DEBUG_VARIABLE = 'DRFUSE_DEBUG'
"""Environment variable; any value but an empty one shows tracebacks of user mistakes."""

_MISTAKES = (KeyError, TypeError, ValueError, AttributeError, AssertionError, ImportError, OSError)


class UserError(ValueError):
    """A mistake the user can fix; its text is one line and is shown without a traceback."""

    def __init__(self, message: object) -> None:
        super().__init__(' '.join(str(message).split()))


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
        UserError: If the file is missing or not a config, or an option key does not exist.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f'config {path} does not exist{_similar_file(path)}')
    try:
        cfg = CachedTextConfig.of(Config.fromfile(str(path)))
    except Exception as error:  # a config is Python code: anything may go wrong in it
        if os.environ.get(DEBUG_VARIABLE):
            raise
        raise UserError(f'{path}: {type(error).__name__}: {error}') from error
    for key in options or {}:
        check_option_key(cfg, key)
    if options:
        cfg.merge_from_dict(options)
    return cfg


def check_option_key(cfg: Config, key: str) -> None:
    """Raise a :class:`UserError` naming the closest key if the dotted ``key`` is not in ``cfg``.

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
    text = text.split('. Please check whether')[0].split('. More details')[0]
    named = isinstance(error, KeyError) and ' ' in text or isinstance(error, ValueError | OSError)
    return text if named else f'{type(error).__name__}: {text}'


def _similar_file(path: Path) -> str:
    """Return a hint naming a config of a similar name beside the missing one."""
    folder = path.parent
    names = [p.name for p in folder.iterdir()] if folder.is_dir() else []
    close = difflib.get_close_matches(path.name, names, n=1)
    return f'; did you mean {folder / close[0]}?' if close else ''
