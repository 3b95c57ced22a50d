"""Small results that are kept in files, and known again by what they depend on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from drfuse.utils.checkpoint import write_atomic


def keep(file: Path, key: str, value: dict[str, Any]) -> dict[str, Any]:
    """Write a result, in one piece, with what it is known by; return it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(json.dumps(dict(key=key, value=value), indent=1) + '\n', file)
    return value


def kept(file: Path, key: str) -> dict[str, Any] | None:
    """Return a result that was kept under the same key; None if there is none, or the file is damaged."""
    try:
        content = json.loads(file.read_text(encoding='utf-8'))
    except (OSError, ValueError):
        return None
    return content['value'] if isinstance(content, dict) and content.get('key') == key else None
