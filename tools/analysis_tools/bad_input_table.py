"""Write docs/bad_input.md from the cases that tests/test_cli/test_bad_input.py runs."""

import argparse
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from drfuse.utils.checkpoint import write_atomic

REPO = Path(__file__).resolve().parents[2]
CASES = REPO / 'tests' / 'test_cli' / 'bad_input_cases.py'
TARGET = REPO / 'docs' / 'bad_input.md'
INTRO = """# Bad input

What the commands say of mistakes: one line on standard error, an exit code, and nothing written. `DRFUSE_DEBUG=1` shows
the traceback of a mistake. An error that is no mistake of the user keeps its own, and is a bug to report.

`drfuse train` and `drfuse test` run configs and classes of users, where the two are hard to tell apart. There every
ValueError and OSError is one line with exit code 2, and so are the usual errors of building from a config (KeyError,
TypeError, ...). A ValueError that is not known to be a mistake of the user ends with `(DRFUSE_DEBUG=1 shows where)`.

Every row is a test (`tests/test_cli/test_bad_input.py`), which compares the whole line and looks for files that were
made or changed. This page is written by `python tools/analysis_tools/bad_input_table.py`. `ir/` and `vis/` hold
`one.png` and `two.png` of 48 x 64 pixels; `fused/` has results of the same names.

| mistake | command | message | exit code |
|---|---|---|---|
"""


def load_cases(path: Path = CASES) -> ModuleType:
    """Return the module of the cases."""
    spec = importlib.util.spec_from_file_location('bad_input_cases', path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def page(cases: list) -> str:
    """Return the page."""
    rows = [f'| {case.name} | `drfuse {case.command}` | `{_cell(case.message)}` | {case.code} |' for case in cases]
    return INTRO + '\n'.join(rows) + '\n'


def _cell(text: str) -> str:
    return text.replace('|', r'\|')


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    cases = load_cases().CASES
    write_atomic(page(cases), TARGET)
    print(f'{len(cases)} cases in {TARGET}')


if __name__ == '__main__':
    main()
