"""``drfuse bench``: measure speed and memory. Imports nothing heavy before it runs."""

from pathlib import Path
from typing import Annotated

import typer


def bench(
    json: Annotated[Path | None, typer.Option('--json', metavar='FILE', help='Write every number to a file.')] = None,
    page: Annotated[Path | None, typer.Option(
        metavar='FILE.md', help='Replace the measured part of a page, such as docs/performance.md.')] = None,
    plot: Annotated[Path | None, typer.Option(
        metavar='FILE', help='Draw runtime against parameters, PNG or SVG.')] = None,
    quick: Annotated[bool, typer.Option('--quick', help='Small pictures, few runs: to try it out.')] = False,
) -> None:
    """Measure the shipped model beside the paper's network: files to file, networks, stages, memory, growth.

    It takes about ten minutes and 8 GiB; close what else the machine does.
    """
    from drfuse.cli.bench_run import run  # noqa: PLC0415 - keeps `drfuse --help` fast
    from drfuse.utils.environment import check_environment  # noqa: PLC0415 - the same

    check_environment()
    raise typer.Exit(run(json, page, plot, quick))
