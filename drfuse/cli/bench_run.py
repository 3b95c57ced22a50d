"""The work behind ``drfuse bench``."""

import json
import time
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from drfuse.benchmark.page import MEASURED, measured_text, plot, update_page
from drfuse.benchmark.suite import FULL, QUICK, run_suite
from drfuse.utils.config import UserError


class Request(NamedTuple):
    """What is asked for.

    Attributes:
        target: JSON file; with ``only`` or ``add``, what it holds is kept.
        page: Page with the marks of :data:`~drfuse.benchmark.page.MEASURED`.
        figure: PNG or SVG of runtime against parameters.
        quick: Small pictures.
        only: Parts to measure; none = all.
        repeats: Runs that count; None = the plan's.
        add: Add times of the pipelines to those of the file.
    """

    target: Path | None = None
    page: Path | None = None
    figure: Path | None = None
    quick: bool = False
    only: tuple[str, ...] = ()
    repeats: int | None = None
    add: bool = False


def run(request: Request) -> int:
    """Measure, print, and write what was asked for.

    Raises:
        UserError: If the page has no place for the numbers, or a folder or part is missing; before anything is
            measured.
    """
    _check(request)
    console, start = Console(stderr=True, highlight=False, markup=False), time.monotonic()
    plan = QUICK if request.quick else FULL
    plan = plan if request.repeats is None else plan._replace(repeats=request.repeats)
    result = run_suite(plan, lambda text: console.print(f'[{time.monotonic() - start:.0f} s] {text}'), request.only,
                       _known(request), request.add)
    if request.target is not None:
        request.target.write_text(json.dumps(result, indent=1) + '\n', encoding='utf-8')
    if request.page is not None:
        update_page(request.page, measured_text(result))
    if request.figure is not None:
        plot(result, request.figure)
    print(measured_text(result))
    if 'speedup_vs_paper_unet' in result:
        print(f'\nspeedup_vs_paper_unet: {result["speedup_vs_paper_unet"]:.1f}')
    return 0


def _known(request: Request) -> dict[str, Any]:
    """Return the earlier result that this run completes."""
    if request.target is None or not request.target.is_file() or not (request.only or request.add):
        return {}
    return json.loads(request.target.read_text(encoding='utf-8'))


def _check(request: Request) -> None:
    for path in (request.target, request.page, request.figure):
        if path is not None and not path.parent.is_dir():
            raise UserError(f'no folder {path.parent} for {path.name}')
    if request.page is not None:
        text = request.page.read_text(encoding='utf-8') if request.page.is_file() else ''
        if not all(mark in text for mark in MEASURED):
            raise UserError(f'{request.page} needs the lines {" and ".join(MEASURED)}, between which the numbers go')
