"""Where configs and tools are: inside an installed package, or in the repository."""

from difflib import get_close_matches
from pathlib import Path

PACKAGE_DIR = Path(__file__).resolve().parents[1]


def share_root() -> Path:
    """Return the folder that holds ``configs/`` and ``tools/``.

    That is ``drfuse/.mim`` in an installed package, and the repository in a checkout or an editable install.

    Raises:
        FileNotFoundError: If neither is there.
    """
    for root in (PACKAGE_DIR / '.mim', PACKAGE_DIR.parent):
        if (root / 'configs' / '_base_').is_dir():
            return root
    raise FileNotFoundError(f'no configs next to {PACKAGE_DIR}: install drfuse with pip, or run it from a checkout')


def config_root() -> Path:
    """Return the folder of drfuse's own configs, to be named in the ``_base_`` of a config elsewhere."""
    return share_root() / 'configs'


def find_config(name: str | Path) -> Path:
    """Return the config file that a user named.

    Args:
        name: A file, or the name of one of drfuse's own configs: ``drfusion/ivf_composite.py``, with or without
            ``configs/`` in front and ``.py`` behind.

    Raises:
        FileNotFoundError: If there is no such file; the message names the closest ones.
    """
    path = Path(name)
    if path.is_file():
        return path
    root = config_root()
    own = Path(*path.parts[1:]) if path.parts[:1] == ('configs',) else path
    for candidate in (root / own, root / f'{own}.py'):
        if not path.is_absolute() and candidate.is_file():
            return candidate
    known = [p.relative_to(root).as_posix() for p in sorted(root.rglob('*.py')) if '_base_' not in p.parts]
    close = get_close_matches(own.as_posix().removesuffix('.py') + '.py', known, n=3, cutoff=0.0)
    hint = f'; closest: {", ".join(close)}' if close else ''
    raise FileNotFoundError(f'config {str(name)!r} is neither a file nor one of {root}{hint}')


def find_weights(name: str | Path) -> Path:
    """Return the checkpoint that a config names: a file, or one of drfuse's own weights, ``weights/ivf.pth``.

    A path that is neither comes back as it is, for the reader to complain about.
    """
    path = Path(name)
    own = share_root() / path
    shipped = not path.is_absolute() and path.parts[:1] == ('weights',) and own.is_file()
    return own if shipped and not path.is_file() else path
