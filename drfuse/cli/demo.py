"""``drfuse demo``: a page on this machine. Imports nothing heavy before it runs."""

from typing import Annotated

import typer

from drfuse.cli import options


def demo(
    task: Annotated[str, typer.Option(help='ivf: infrared and visible. mif: PET and MRI.')] = 'ivf',
    port: Annotated[int | None, typer.Option(help='Port; default: the first free one from 7860.')] = None,
    browser: Annotated[bool, typer.Option('--browser/--no-browser', help='Open it in the browser.')] = True,
    model: options.Model = None, weights: options.Weights = None, device: options.Device = None,
    precision: options.Precision = 'auto',
) -> None:
    r"""Try the models on a page in the browser: samples or your own pictures, degraded live or as they are.

    The page is served to this machine only (127.0.0.1) and loads nothing from elsewhere. It needs Gradio:
    pip install 'drfuse\[demo]'

    For example:

    drfuse demo

    drfuse demo --port 8000 --no-browser
    """
    from drfuse.cli.demo_run import run  # noqa: PLC0415 - keeps `drfuse --help` fast
    from drfuse.utils.environment import check_environment  # noqa: PLC0415 - the same

    check_environment()
    run(task, port, browser, model, weights, device, precision)
