"""Checks of the installation, made before anything heavy is imported: each problem is one line with its fix."""

import importlib
import platform
import re
from collections.abc import Callable
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from drfuse.version import __version__

TORCH_MIN = (2, 6)
MMCV_MIN, MMCV_BELOW = (2, 1), (2, 3)
INSTALL_MMCV = "pip install 'mmcv-lite>=2.1,<2.3'"
REINSTALL_MMCV = f'pip uninstall -y mmcv mmcv-lite && {INSTALL_MMCV}'
HEADLESS = 'pip uninstall -y opencv-python && pip install --force-reinstall --no-deps opencv-python-headless'


def release(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: ``'2.13.0+cpu'`` gives ``(2, 13, 0)``."""
    match = re.match(r'\d+(\.\d+)*', version)
    return tuple(int(part) for part in match.group().split('.')) if match else ()


def installed_version(distribution: str) -> str | None:
    """Return the version of an installed distribution, None if it is not there."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def torch_problem() -> str | None:
    """Return what is wrong with torch, without importing it."""
    version = installed_version('torch')
    wanted = '.'.join(map(str, TORCH_MIN))
    if version is None:
        return f"torch is not installed: pip install 'torch>={wanted}'"
    if release(version) < TORCH_MIN:
        return f"torch {version} is too old, drfuse needs >= {wanted}: pip install --upgrade 'torch>={wanted}'"
    return None


def opencv_problem() -> str | None:
    """Return what is wrong with OpenCV: most often a system library that servers lack."""
    try:
        importlib.import_module('cv2')
    except ImportError as error:
        missing = re.search(r'lib(GL|glib|gthread)[\w.-]*', str(error))
        if missing:
            return (f'OpenCV finds no {missing.group()}: apt-get install libgl1 libglib2.0-0, '
                    f'or, without root: {HEADLESS}')
        return f'OpenCV does not import ({one_line(error)}): pip install --force-reinstall --no-deps opencv-python'
    return None


def mmcv_problem() -> str | None:
    """Return what is wrong with mmcv, judged by the module: mmcv and mmcv-lite both serve."""
    try:
        mmcv = importlib.import_module('mmcv')
    except ImportError as error:
        if getattr(error, 'name', None) == 'mmcv':
            return f'mmcv is not installed: {INSTALL_MMCV} (or the full mmcv)'
        return f'mmcv does not import ({one_line(error)}): {INSTALL_MMCV}'
    version = getattr(mmcv, '__version__', None)
    if version is None:
        return f'mmcv is damaged (mmcv and mmcv-lite overwrite each other): {REINSTALL_MMCV}'
    if not MMCV_MIN <= release(version) < MMCV_BELOW:
        return f'mmcv {version} does not fit, drfuse needs >= 2.1, < 2.3: {REINSTALL_MMCV}'
    return None


def torchvision_problem() -> str | None:
    """Return what is wrong with torchvision, which drfuse does not need but MMEngine imports where it is."""
    if find_spec('torchvision') is None:
        return None
    try:
        importlib.import_module('torchvision')
    except (ImportError, RuntimeError) as error:
        return f'torchvision does not fit torch ({one_line(error)}), drfuse does without: pip uninstall -y torchvision'
    return None


CHECKS: tuple[Callable[[], str | None], ...] = (torch_problem, opencv_problem, mmcv_problem, torchvision_problem)


def environment_problems() -> list[str]:
    """Return one line per problem, each with its fix; empty if drfuse can run."""
    return [problem for check in CHECKS if (problem := check())]


def check_environment() -> None:
    """Stop with the first problem of the installation.

    To be called by programs before they import torch, mmcv or OpenCV.

    Raises:
        SystemExit: With one line that says what is wrong and the command that mends it.
    """
    for check in CHECKS:
        problem = check()
        if problem:
            raise SystemExit(f'drfuse: {problem}')


def one_line(error: BaseException) -> str:
    """Return the message of an error on one line."""
    return ' '.join(str(error).split())


def machine() -> str:
    """Return processor, cores and versions in one line, for a table of results."""
    cpuinfo = Path('/proc/cpuinfo')
    lines = cpuinfo.read_text(encoding='utf-8').splitlines() if cpuinfo.is_file() else []
    names = [line.split(':', 1)[1].strip() for line in lines if line.startswith('model name')]
    return (f'{names[0] if names else platform.machine()}, {len(names) or "?"} cores; Python '
            f'{platform.python_version()}, torch {installed_version("torch")}, drfuse {__version__}')
