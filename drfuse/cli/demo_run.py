"""The work behind ``drfuse demo``."""

from pathlib import Path
from typing import Any

from rich.console import Console

from drfuse.apis import FusionInferencer
from drfuse.apis.model_zoo import check_task
from drfuse.demo.server import load_gradio, serve


def run(task: str, port: int | None, browser: bool, model: str | None, weights: Path | None, device: str | None,
        precision: str) -> None:
    """Load the model and serve the page until Ctrl-C.

    Raises:
        UserError: If Gradio, the model or the port cannot be had.
    """
    check_task(task, model)
    load_gradio()
    inferencer = FusionInferencer(model or task, weights, device, precision, task=task)
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)

    def build() -> Any:
        from drfuse.demo.page import build_page  # noqa: PLC0415 - needs Gradio
        return build_page(inferencer)

    serve(build, port, lambda address: console.print(f'drfuse: the page is at {address} (Ctrl-C ends it)'), browser)
