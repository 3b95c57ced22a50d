"""``drfuse degrade``: degraded copies of clean pairs, to try or to measure with."""

from pathlib import Path
from typing import Annotated

import typer

from drfuse.cli import options
from drfuse.cli.options import PLACES, DegradationOptions


def degrade(  # noqa: PLR0913 - one parameter per option
    src_a: Annotated[str, typer.Argument(metavar='DIR_A', help='Folder of clean pictures: infrared or PET.')],
    src_b: Annotated[str, typer.Argument(metavar='DIR_B', help='Folder of clean pictures: visible or MRI.')],
    output: Annotated[Path, typer.Option('--output', '-o', help='Folder to make, with a/, b/ and degradations.json.',
                                         rich_help_panel=PLACES)],
    preset: options.Preset = None,
    degradation: options.File = None,
    a_noise: options.Noise = None, a_blur: options.Blur = None, a_scale: options.Scale = None,
    b_noise: options.Noise = None, b_blur: options.Blur = None, b_scale: options.Scale = None,
    boundary: options.Boundary = 'reflect',
    seed: Annotated[int, typer.Option(min=0, help='Seed of the noise; a picture has the same noise in every run.')] = 0,
    overwrite: Annotated[bool, typer.Option('--overwrite', help='Replace a folder that this command wrote.',
                                            rich_help_panel=PLACES)] = False,
) -> None:
    """Write degraded copies of clean pairs as 8-bit PNG, with a description beside them.

    The preset composite reduces A by --a-scale, 4 by default as on M3FD (2 on PET). Parts that are not named are left
    as they are. The folder appears complete or not at all.

    For example:

    drfuse degrade ir/ vis/ -o degraded/ --preset composite --a-scale 2
    """
    from drfuse.cli.degrade_run import run  # noqa: PLC0415 - keeps `drfuse --help` fast
    from drfuse.utils.environment import check_environment  # noqa: PLC0415 - the same

    check_environment()
    if preset == 'composite' and a_scale is None:
        a_scale = 4
    parts = ((a_blur, a_noise, a_scale), (b_blur, b_noise, b_scale))
    run(src_a, src_b, output, DegradationOptions(preset, degradation, parts, boundary), seed, overwrite)
