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
    only: Annotated[str, typer.Option(
        metavar='PART,...', help='Measure these parts alone; the others stay as the file of --json has them.')] = '',
    repeats: Annotated[int | None, typer.Option(min=1, help='Runs of each that count.')] = None,
    add: Annotated[bool, typer.Option('--add', help='Add times of the pipelines to those in the file.')] = False,
) -> None:
    """Measure the shipped model beside the paper's network: files to file, networks, stages, memory, growth.

    It takes a quarter of an hour and 8 GiB; close what else the machine does.

    In parts, each of some minutes: this, then once more with --add, then the other parts.

    drfuse bench --json FILE --only pipeline --repeats 3
    """
    from drfuse.cli.bench_run import Request, run  # noqa: PLC0415 - keeps `drfuse --help` fast
    from drfuse.utils.environment import check_environment  # noqa: PLC0415 - the same

    check_environment()
    parts = tuple(name.strip() for name in only.split(',') if name.strip())
    raise typer.Exit(run(Request(json, page, plot, quick, parts, repeats, add)))
