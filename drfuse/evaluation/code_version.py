"""What kept results depend on besides their settings: the code that made them."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import torch

from drfuse.utils.paths import PACKAGE_DIR

_WITHOUT_RESULTS = ('cli', 'demo', 'report', 'benchmark', 'visualization', 'export')
"""Parts of the package that show or time results and change none."""


@lru_cache(maxsize=4)
def code_hash(package: Path = PACKAGE_DIR) -> str:
    """Return a hash of all code that a result can depend on, and of PyTorch's version; read once a process.

    A list of the modules that a method uses would be shorter, and wrong with the next import.

    Args:
        package: Folder of the package.
    """
    digest = hashlib.sha256(torch.__version__.encode())
    for file in sorted(package.rglob('*.py')):
        place = file.relative_to(package)
        # .mim holds copies of configs and tools; configs enter keys by themselves
        if place.parts[0] not in (*_WITHOUT_RESULTS, '.mim'):
            digest.update(f'\n{place.as_posix()}\n{hashlib.sha256(file.read_bytes()).hexdigest()}'.encode())
    return digest.hexdigest()
