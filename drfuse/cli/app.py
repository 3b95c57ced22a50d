"""The ``drfuse`` command. Nothing heavy is imported until a subcommand needs it."""

import importlib
import os
import sys
from typing import Annotated

import typer

from drfuse.version import __version__

FORWARD = dict(allow_extra_args=True, ignore_unknown_options=True, help_option_names=[])
USER_ERRORS = (FileNotFoundError, FileExistsError, NotADirectoryError, PermissionError, ValueError, KeyError)

app = typer.Typer(name='drfuse', no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help='Fuse degraded image pairs into one clean image and restore both sources on the way.')


def show_version(wanted: bool) -> None:
    """Print the version and stop, if asked to."""
    if wanted:
        typer.echo(f'drfuse {__version__}')
        raise typer.Exit


@app.callback()
def options(version: Annotated[bool, typer.Option('--version', callback=show_version, is_eager=True,
                                                  help='Print the version and exit.')] = False) -> None:
    """Options of every subcommand."""


@app.command(context_settings=FORWARD)
def train(context: typer.Context) -> None:
    """Train a model: drfuse train CONFIG; --help lists the options."""
    forward('drfuse.engine.train_app', context.args)


@app.command(context_settings=FORWARD)
def test(context: typer.Context) -> None:
    """Evaluate a checkpoint: drfuse test CONFIG CHECKPOINT; --help lists the options."""
    forward('drfuse.engine.test_app', context.args)


@app.command(context_settings=FORWARD)
def evaluate(context: typer.Context) -> None:
    """Compute the fusion metrics of image folders; --help lists the options."""
    forward('drfuse.cli.evaluate', context.args)


@app.command()
def doctor() -> None:
    """Show the versions in use, and what is missing with the command that mends it."""
    from drfuse.cli.doctor import report  # noqa: PLC0415 - keeps `drfuse --help` fast

    raise typer.Exit(report())


def forward(module: str, argv: list[str]) -> None:
    """Check the installation, then hand the arguments to ``module.main(argv)``."""
    from drfuse.utils.environment import check_environment  # noqa: PLC0415 - as above

    check_environment()
    raise typer.Exit(importlib.import_module(module).main(argv) or 0)


def main() -> None:
    """Run the command line; a user's mistake is one line and exit code 2 (``DRFUSE_DEBUG=1``: the traceback)."""
    try:
        app(prog_name='drfuse')
    except USER_ERRORS as error:
        if os.environ.get('DRFUSE_DEBUG'):
            raise
        text = error.args[0] if isinstance(error, KeyError) and error.args else error
        sys.exit(fail(' '.join(str(text).split())))


def fail(message: str) -> int:
    """Print one line to standard error and return the exit code."""
    typer.echo(f'drfuse: {message} (DRFUSE_DEBUG=1 shows where)', err=True)
    return 2
