"""Packages that only some commands need."""

from importlib.util import find_spec

from drfuse.utils.config import UserError


def require(extra: str, *packages: str) -> None:
    """Raise a one-line error if a package of an extra is missing.

    Args:
        extra: Name of the extra in setup.py.
        packages: Names to import.

    Raises:
        UserError: It has the command that installs them.
    """
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise UserError(f"{', '.join(missing)} is not installed: pip install 'drfuse[{extra}]'")
