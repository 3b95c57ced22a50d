"""``drfuse sample``: generated pairs, for a first try without any pictures. Imports nothing heavy before it runs."""

from pathlib import Path
from typing import Annotated

import typer

from drfuse.cli.options import PLACES


def sample(
    output: Annotated[Path, typer.Argument(metavar='FOLDER', help='Folder to make, with degraded/ and clean/.',
                                           rich_help_panel=PLACES)],
    task: Annotated[str, typer.Option(help='ivf: infrared and visible. mif: PET and MRI. mif-spect, mif-ct.')] = 'ivf',
    number: Annotated[int, typer.Option(min=1, help='How many pairs.')] = 1,
    size: Annotated[tuple[int, int], typer.Option(metavar='H W', help='Height and width in pixels.')] = (288, 384),
) -> None:
    """Write generated pairs, clean and degraded as the preset composite says, with half the resolution of A.

    For example:

    drfuse sample pairs

    drfuse fuse pairs/degraded/ir pairs/degraded/vis -o fused --task ivf --preset composite
    """
    from drfuse.cli.sample_run import run  # noqa: PLC0415 - keeps `drfuse --help` fast
    from drfuse.utils.environment import check_environment  # noqa: PLC0415 - the same

    check_environment()
    run(output, task, number, size)
