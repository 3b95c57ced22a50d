"""What the tools that compare methods take from their command lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from drfuse.utils.config import UserError
from drfuse.utils.paths import find_config, find_weights, share_root

FUSERS = ('average', 'maximum', 'laplacian_pyramid', 'guided_filter')
"""Classical fusion rules, rivals of a model's own."""


def own_results() -> Path | None:
    """Return the folder of drfuse's own results, from whatever directory it is asked for; None outside a checkout."""
    folder = share_root() / 'docs' / 'results'
    return folder if folder.is_dir() else None


def pair_of_files(text: str | None, option: str) -> tuple[str, str] | None:
    """Return config and weights of ``CONFIG,WEIGHTS``, files or drfuse's own; both must exist."""
    if text is None:
        return None
    config, _, weights = text.partition(',')
    if not weights:
        raise UserError(f'{option} takes CONFIG,WEIGHTS, got {text!r}')
    checkpoint = find_weights(weights)
    if not checkpoint.is_file():
        raise UserError(f'{option}: checkpoint {weights} does not exist')
    return str(find_config(config)), str(checkpoint)


def read_ours(items: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return name to config and weights of ``NAME=CONFIG,WEIGHTS`` items."""
    ours = {}
    for item in items:
        name, _, files = item.partition('=')
        ours[name] = pair_of_files(files, f'--ours {name}')
    return ours
