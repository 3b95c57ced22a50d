"""Running a command: a mistake is one line and an exit code, never a traceback or a page of usage."""

import os
import shlex
import sys
from collections.abc import Sequence
from contextvars import ContextVar

import typer

EXIT_USER_ERROR, EXIT_INTERRUPTED = 2, 130
_command: ContextVar[str] = ContextVar('command', default='')


def run_command(program: typer.Typer, argv: Sequence[str] | None, name: str, prefix: str) -> int:
    """Run a command line.

    Args:
        program: The commands.
        argv: Arguments; None = ``sys.argv``.
        name: How the user starts it.
        prefix: What a message begins with.

    Returns:
        Exit code: that of the command, 2 for a mistake of the user, 130 after an interruption.
    """
    _command.set(shlex.join([name, *(sys.argv[1:] if argv is None else argv)]))
    try:
        return int(program(args=None if argv is None else list(argv), prog_name=name, standalone_mode=False) or 0)
    except typer.Abort:  # newer versions of typer return the code
        return EXIT_INTERRUPTED
    except Exception as error:  # noqa: BLE001 - told apart by what can be imported cheaply
        if type(error).__name__ == 'NoArgsIsHelpError':  # the help has been printed
            return EXIT_USER_ERROR
        if hasattr(error, 'format_message'):  # of the option parser, which is part of typer or a package of its own
            return tell(f'{str(error.format_message()).rstrip(".")}; --help lists the options', prefix)
        if os.environ.get('DRFUSE_DEBUG') or not is_mistake(error):
            raise
        return tell(str(error), prefix)


def command_line() -> str:
    """Return the command line that is being run, quoted for a shell."""
    return _command.get()


def is_mistake(error: Exception) -> bool:
    """Return whether the user can mend it: a missing file, or whatever says so."""
    if isinstance(error, FileNotFoundError):
        return True
    from drfuse.utils.config import UserError  # noqa: PLC0415 - keeps `drfuse --help` fast

    return isinstance(error, UserError)


def tell(message: str, prefix: str, code: int = EXIT_USER_ERROR) -> int:
    """Print a message on one line of standard error, and return the exit code."""
    sys.stdout.flush()
    print(f'{prefix}: {" ".join(message.split())}', file=sys.stderr, flush=True)
    return code
