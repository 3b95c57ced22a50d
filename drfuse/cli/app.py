"""The ``drfuse`` command. Nothing heavy is imported until a subcommand needs it."""

import importlib
import sys
from typing import Annotated

import typer

from drfuse.cli.bench import bench
from drfuse.cli.degrade import degrade
from drfuse.cli.demo import demo
from drfuse.cli.export import export
from drfuse.cli.fuse import fuse
from drfuse.cli.models import models
from drfuse.cli.run import run_command
from drfuse.cli.sample import sample
from drfuse.cli.video import video
from drfuse.version import __version__

FORWARD = dict(allow_extra_args=True, ignore_unknown_options=True, help_option_names=[])

app = typer.Typer(name='drfuse', no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode='rich',
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


app.command()(fuse)
app.command()(video)
app.command()(degrade)
app.command()(sample)
app.command()(models)
app.command()(export)
app.command()(bench)
app.command()(demo)


@app.command(context_settings=FORWARD)
def evaluate(context: typer.Context) -> None:
    """Compute the fusion metrics of image folders; --help lists the options."""
    forward('drfuse.cli.evaluate', context.args)


@app.command(context_settings=FORWARD)
def train(context: typer.Context) -> None:
    """Train a model: drfuse train CONFIG; --help lists the options."""
    forward('drfuse.engine.train_app', name_config_file(context.args))


@app.command(context_settings=FORWARD)
def test(context: typer.Context) -> None:
    """Evaluate a checkpoint: drfuse test CONFIG CHECKPOINT; --help lists the options."""
    forward('drfuse.engine.test_app', name_config_file(context.args))


@app.command()
def doctor() -> None:
    """Show the versions in use, and what is missing with the command that mends it."""
    from drfuse.cli.doctor import report  # noqa: PLC0415 - keeps `drfuse --help` fast

    raise typer.Exit(report())


def name_config_file(argv: list[str]) -> list[str]:
    """Return the arguments with the config, a file or one of drfuse's own by name, as the path of a file."""
    from drfuse.utils.paths import find_config  # noqa: PLC0415 - as above

    for i, item in enumerate(argv):
        if (i == 0 and not item.startswith('-')) or (item.endswith('.py') and '=' not in item):
            return [*argv[:i], str(find_config(item)), *argv[i + 1:]]
    return argv


def forward(module: str, argv: list[str]) -> None:
    """Check the installation, then hand the arguments to ``module.main(argv)``."""
    from drfuse.utils.environment import check_environment  # noqa: PLC0415 - as above

    check_environment()
    raise typer.Exit(importlib.import_module(module).main(argv) or 0)


def main() -> None:
    """Run the command line; a user's mistake is one line and exit code 2 (``DRFUSE_DEBUG=1``: the traceback)."""
    sys.exit(run_command(app, None, 'drfuse', 'drfuse'))
