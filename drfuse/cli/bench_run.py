"""The work behind ``drfuse bench``."""

import json
import time
from pathlib import Path

from rich.console import Console

from drfuse.benchmark.page import END, START, measured_text, plot, update_page
from drfuse.benchmark.suite import FULL, QUICK, run_suite
from drfuse.utils.config import UserError


def run(target: Path | None, page: Path | None, figure: Path | None, quick: bool) -> int:
    """Measure, print, and write what was asked for.

    Raises:
        UserError: If the page has no place for the numbers, or a folder is missing; before anything is measured.
    """
    _check(target, page, figure)
    console, start = Console(stderr=True, highlight=False, markup=False), time.monotonic()
    result = run_suite(QUICK if quick else FULL,
                       lambda text: console.print(f'[{time.monotonic() - start:.0f} s] {text}'))
    if target is not None:
        target.write_text(json.dumps(result, indent=1) + '\n', encoding='utf-8')
    if page is not None:
        update_page(page, result)
    if figure is not None:
        plot(result, figure)
    print(measured_text(result))
    print(f'\nspeedup_vs_paper_unet: {result["speedup_vs_paper_unet"]:.1f}')
    return 0


def _check(target: Path | None, page: Path | None, figure: Path | None) -> None:
    for path in (target, page, figure):
        if path is not None and not path.parent.is_dir():
            raise UserError(f'no folder {path.parent} for {path.name}')
    if page is not None:
        text = page.read_text(encoding='utf-8') if page.is_file() else ''
        if START not in text or END not in text:
            raise UserError(f'{page} needs the lines {START} and {END}, between which the numbers go')
