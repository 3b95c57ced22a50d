"""``drfuse doctor``: what is installed, what is missing, and how to get it."""

import platform

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from drfuse.utils.environment import environment_problems, installed_version
from drfuse.utils.paths import share_root
from drfuse.version import __version__

REQUIRED = ('torch', 'mmengine', 'mmcv', 'mmcv-lite', 'opencv-python', 'opencv-python-headless', 'numpy', 'scipy',
            'pillow', 'tifffile', 'pyyaml', 'rich', 'typer', 'jinja2')
OPTIONAL = {'tensorboard': ('learning curves in TensorBoard', 'optional'),
            'gradio': ('the page of drfuse demo, beside Pillow 13 in an environment of its own', 'demo'),
            'numba': ('Q_P and Q_W in compiled loops', 'optional'),
            'onnxruntime': ('drfuse fuse --backend onnxruntime', 'export'),
            'openvino': ('drfuse fuse --backend openvino', 'export')}
"""Package to its use and the extra of setup.py that brings it."""

ALTERNATIVES = (('mmcv', 'mmcv-lite'), ('opencv-python', 'opencv-python-headless'))


def versions() -> list[tuple[str, str, str]]:
    """Return (package, version, note) of what drfuse uses; of two alternatives the absent one is left out."""
    found = {name: installed_version(name) for name in (*REQUIRED, *OPTIONAL)}
    absent = {name for pair in ALTERNATIVES if any(map(found.get, pair)) for name in pair if not found[name]}
    rows = [('drfuse', __version__, str(share_root())), ('python', platform.python_version(), '')]
    for name in REQUIRED:
        if name not in absent:
            rows.append((name, found[name] or 'missing', '' if found[name] else f'pip install {name}'))
    for name, (use, extra) in OPTIONAL.items():
        note = use if found[name] else f"{use}: pip install 'drfuse[{extra}]'"
        rows.append((name, found[name] or 'not installed', note))
    return rows


def conflicts() -> list[str]:
    """Return a line for each pair of distributions that own the same files."""
    return [f'{a} and {b} are both installed and overwrite each other: pip uninstall -y {a} {b}, then install one'
            for a, b in ALTERNATIVES if installed_version(a) and installed_version(b)]


def report(console: Console | None = None) -> int:
    """Print the table and the problems.

    Args:
        console: Where to print; None = standard output.

    Returns:
        0 if drfuse can run, 1 if not.
    """
    console = console or Console()
    table = Table('package', 'version', Column('note', overflow='fold'))
    for row in versions():
        table.add_row(*map(escape, row))
    console.print(table)
    problems = environment_problems()
    for line in [*problems, *conflicts()]:
        console.print(line, style='red', soft_wrap=True, markup=False)
    if not problems:
        console.print('drfuse can run here.')
    return 1 if problems else 0
