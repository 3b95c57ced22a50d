"""``drfuse models``: the models that are loaded by name."""

import json
from pathlib import Path
from typing import Annotated

import typer


def models(
    verify: Annotated[bool, typer.Option('--verify', help='Compare the files with their SHA-256.')] = False,
    folder: Annotated[Path | None, typer.Option(
        metavar='DIR', help="Folder with metafile.yml; default: drfuse's own.")] = None,
    as_json: Annotated[bool, typer.Option('--json', help='Print JSON.')] = False,
) -> None:
    """List the models that are loaded by name; with --verify, check their files (exit code 1 if one is not right)."""
    from rich.console import Console  # noqa: PLC0415 - keeps `drfuse --help` fast
    from rich.table import Column, Table  # noqa: PLC0415 - the same

    from drfuse.apis import model_zoo  # noqa: PLC0415 - the same

    found = model_zoo.list_models(folder)
    states = model_zoo.verify(folder=folder) if verify else {
        name: 'there' if model.weights.is_file() else 'missing' for name, model in found.items()}
    if as_json:
        print(json.dumps([dict(name=m.name, task=m.task, modalities=m.modalities, config=str(m.config),
                               weights=str(m.weights), sha256=m.sha256, state=states[m.name], summary=m.summary)
                          for m in found.values()], indent=1))
    else:
        table = Table('model', 'task', 'A, B', 'weights', Column('summary', overflow='fold'))
        for m in found.values():
            table.add_row(m.name, m.task, ', '.join(m.modalities), states[m.name], m.summary)
        Console().print(table if found else f'no models in {model_zoo.zoo_folder(folder)}', soft_wrap=not found)
    raise typer.Exit(int(any(state not in ('ok', 'there') for state in states.values())))
