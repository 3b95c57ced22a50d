"""The work behind ``drfuse export``."""

from pathlib import Path

from rich.console import Console

from drfuse.export import export_model
from drfuse.export.writer import check_target
from drfuse.utils.config import UserError


def run(model: str, output: Path, size: tuple[int, int] | None, form: str | None, weights: Path | None,
        overwrite: bool) -> None:
    """Write the file and say what it takes.

    Raises:
        UserError: If the file exists, or an option cannot be used.
    """
    files = [output] + [output.with_suffix('.bin')] * (check_target(output, size, form) == 'openvino')
    taken = [file for file in files if file.exists()]
    if taken and not overwrite:
        raise UserError(f'{taken[0]} exists: name another file, or use --overwrite')
    metadata = export_model(model, output, size, form, weights)
    shape = 'pictures of any size' if size is None else f'pictures of {size[0]} x {size[1]} (height x width)'
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    console.print(f'{output}: {metadata["model"]} for {shape}, factors {metadata["factors"].replace(" ", ", ")}, '
                  f'weights {metadata["weights_sha256"][:12]}')
