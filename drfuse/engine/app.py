"""What the command line programs share: options, messages and exit codes."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from mmengine.config import DictAction

from drfuse.engine.interrupt_hook import TrainingInterrupted
from drfuse.utils.config import DEBUG_VARIABLE, UserError
from drfuse.utils.launch import LAUNCHERS, close_launcher

EXIT_OK, EXIT_FAILURE, EXIT_USER_ERROR, EXIT_INTERRUPTED = 0, 1, 2, 130


class OneLineParser(argparse.ArgumentParser):
    """A parser that reports a wrong command line like every other mistake: in one line."""

    def error(self, message: str) -> NoReturn:
        """Raise a :class:`UserError` instead of printing the usage."""
        raise UserError(f'{message}; --help lists the options')


class OptionAction(DictAction):
    """MMEngine's KEY=VALUE items, with a message that names what is none."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any,
                 option_string: str | None = None) -> None:
        """Check the items and store them."""
        for item in values:
            if not item.partition('=')[0] or '=' not in item:
                parser.error(f'{option_string} takes KEY=VALUE items, got {item!r}')
        super().__call__(parser, namespace, values, option_string)


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of training and testing."""
    parser.add_argument('--work-dir', help='folder of logs and results; default: work_dirs/<config name>')
    parser.add_argument('--data-root', help='folder with the images, in place of the data_root of the config')
    parser.add_argument('--cfg-options', nargs='+', action=OptionAction, metavar='KEY=VALUE',
                        help='settings that replace those of the config; the keys must exist in it')
    parser.add_argument('--launcher', choices=LAUNCHERS, default='none', help='how several processes were started')
    parser.add_argument('--local-rank', '--local_rank', type=int, default=0, help=argparse.SUPPRESS)


def parse(parser: argparse.ArgumentParser, argv: list[str]) -> argparse.Namespace:
    """Parse ``argv``.

    Raises:
        UserError: If the command line is wrong.
    """
    args = parser.parse_args(argv)
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    return args


def make_folder(path: str | Path, name: str) -> None:
    """Make a folder for results, before any work is done for them.

    Raises:
        UserError: If it cannot be made or written to; ``name`` says what it is for.
    """
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f'{name} {path} cannot be written to: {error.strerror}') from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise UserError(f'{name} {path} cannot be written to: no permission')


def run_app(run: Callable[[], None], resume_command: str = '',
            interrupted: str = 'interrupted before training began; nothing was saved') -> int:
    """Run a program; turn what the user can fix into one line.

    Args:
        run: The program.
        resume_command: What continues a training after an interruption.
        interrupted: What is said after an interruption of anything else.

    Returns:
        Exit code: 0, 2 for a mistake of the user, 130 if interrupted.
    """
    code = EXIT_FAILURE  # stays if an exception passes
    try:
        run()
        code = EXIT_OK
    except TrainingInterrupted as stop:
        code = _tell(f'{stop}; continue with: {resume_command}', EXIT_INTERRUPTED)
    except KeyboardInterrupt:
        code = _tell(interrupted, EXIT_INTERRUPTED)
    except (ValueError, OSError) as error:  # raised by whoever found that a value or a file does not fit
        if os.environ.get(DEBUG_VARIABLE):
            raise
        hint = '' if isinstance(error, UserError | OSError) else f' ({DEBUG_VARIABLE}=1 shows where)'
        code = _tell(f'error: {UserError(error)}{hint}', EXIT_USER_ERROR)
    finally:
        close_launcher(code)
    return code


def _tell(message: str, code: int) -> int:
    sys.stdout.flush()
    print(' '.join(message.split()), file=sys.stderr, flush=True)
    return code
