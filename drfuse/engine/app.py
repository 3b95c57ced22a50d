"""What the command line programs share: options, messages and exit codes."""

import argparse
import os
import sys
from collections.abc import Callable

from mmengine.config import DictAction

from drfuse.engine.interrupt_hook import TrainingInterrupted
from drfuse.utils.config import DEBUG_VARIABLE, UserError
from drfuse.utils.launch import LAUNCHERS, close_launcher

EXIT_OK, EXIT_USER_ERROR, EXIT_INTERRUPTED = 0, 2, 130


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of training and testing."""
    parser.add_argument('--work-dir', help='folder of logs and results; default: work_dirs/<config name>')
    parser.add_argument('--data-root', help='folder with the images, in place of the data_root of the config')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
                        help='settings that replace those of the config; the keys must exist in it')
    parser.add_argument('--launcher', choices=LAUNCHERS, default='none', help='how several processes were started')
    parser.add_argument('--local-rank', '--local_rank', type=int, default=0, help=argparse.SUPPRESS)


def parse(parser: argparse.ArgumentParser, argv: list[str]) -> argparse.Namespace:
    """Parse ``argv``.

    Raises:
        UserError: If an item of ``--cfg-options`` is not KEY=VALUE.
    """
    try:
        args = parser.parse_args(argv)
    except ValueError as error:
        raise UserError(f'--cfg-options takes KEY=VALUE items: {error}') from None
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    return args


def run_app(run: Callable[[], None], resume_command: str = '') -> int:
    """Run a program; turn what the user can fix into one line.

    Args:
        run: The program.
        resume_command: What continues it after an interruption.

    Returns:
        Exit code: 0, 2 for a mistake of the user, 130 if interrupted.
    """
    code = EXIT_OK
    try:
        run()
    except TrainingInterrupted as stop:
        code = _tell(f'{stop}; continue with: {resume_command}', EXIT_INTERRUPTED)
    except KeyboardInterrupt:
        code = _tell('interrupted before training began; nothing was saved', EXIT_INTERRUPTED)
    except (UserError, FileNotFoundError) as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        code = _tell(f'error: {error}', EXIT_USER_ERROR)
    finally:
        close_launcher()
    return code


def _tell(message: str, code: int) -> int:
    sys.stdout.flush()
    print(' '.join(message.split()), file=sys.stderr, flush=True)
    return code
