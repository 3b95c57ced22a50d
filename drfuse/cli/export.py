"""``drfuse export``: a model as one file for ONNX Runtime or OpenVINO. Imports nothing heavy before it runs."""

from pathlib import Path
from typing import Annotated

import typer

from drfuse.cli.options import COMPUTING


def export(  # noqa: PLR0913 - one parameter per option
    model: Annotated[str, typer.Argument(metavar='MODEL', help="Name of a model of 'drfuse models', or a config with "
                                                              '--weights.')],
    output: Annotated[Path, typer.Option('--output', '-o', help='File *.onnx, or *.xml for OpenVINO.')],
    size: Annotated[tuple[int, int] | None, typer.Option(
        metavar='HEIGHT WIDTH', help='The one size that the file takes; default: any.')] = None,
    form: Annotated[str | None, typer.Option('--format', help='onnx or openvino; default: by the suffix.')] = None,
    weights: Annotated[Path | None, typer.Option(help="Checkpoint; default: the model's.",
                                                 rich_help_panel=COMPUTING)] = None,
    overwrite: Annotated[bool, typer.Option('--overwrite', help='Replace an existing file.')] = False,
) -> None:
    """Write a model with all its steps and operators as one graph; it takes a minute or two.

    The graph takes both pictures, their blur kernels, noise levels and low-resolution factors, and runs without drfuse:
    see docs/export.md and the example demo/run_exported.py in drfuse's repository; pip installs neither.

    For example:

    drfuse export ivf -o ivf.onnx --size 768 1024

    drfuse export ivf -o ivf.xml
    """
    from drfuse.cli.export_run import run  # noqa: PLC0415 - keeps `drfuse --help` fast
    from drfuse.utils.environment import check_environment  # noqa: PLC0415 - the same

    check_environment()
    run(model, output, size, form, weights, overwrite)
