"""The house: every file has its test, stays small, and names no machine."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]
UNTESTED = {'version.py', 'typing.py', 'output.py'}  # declarations only
MAX_FILE, MAX_FUNCTION, MAX_NESTING = 300, 40, 3
BLOCKS = (ast.For, ast.While, ast.If, ast.With, ast.Try)
# homes, scratch places, and ways of writing a path of one machine
MACHINE_PATH = re.compile(r'(?<![\w.$}])/(?:home|root|Users|tmp|work|mnt|farm|opt)/[\w.-]|[A-Z]:\\\\Users')


pytestmark = pytest.mark.skipif(not (REPO / '.git').exists(), reason='not a clone: git lists the files')


def tracked(*patterns):
    """Return the files of the clone that match and that git does not ignore."""
    listed = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard', *patterns], cwd=REPO, capture_output=True,
                            text=True, check=True)
    return sorted(name for name in listed.stdout.splitlines() if (REPO / name).is_file())


def functions(name):
    """Yield every function of a file."""
    for node in ast.walk(ast.parse((REPO / name).read_text(encoding='utf-8'))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def nesting(node, depth=0):
    """Return how deep the blocks below a function go; `elif` does not count as deeper."""
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        chained = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deepest = max(deepest, nesting(child, depth + (isinstance(child, BLOCKS) and not chained)))
    return deepest


def test_every_source_file_has_its_test():
    missing = []
    for name in tracked('drfuse/*.py'):
        path = Path(name).relative_to('drfuse')
        if path.name in UNTESTED | {'__init__.py'}:
            continue
        folders = [f'test_{part.lstrip("_")}' for part in path.parent.parts]
        test = Path('tests', *folders, f'test_{path.name.lstrip("_")}')
        if not (REPO / test).is_file():
            missing.append(f'{name} needs {test.as_posix()}')
    assert not missing, '\n'.join(missing)


def test_every_test_file_has_a_name_that_is_collected():
    support = {'conftest.py', '__init__.py'}
    odd = [name for name in tracked('tests/*.py') if Path(name).name not in support
           and not Path(name).name.startswith('test_') and re.search(r'^def test_', (REPO / name).read_text(), re.M)]
    assert odd == []


def test_every_folder_of_the_package_is_a_package():
    folders = {(REPO / name).parent for name in tracked('drfuse/*.py')}
    missing = sorted(str(f.relative_to(REPO)) for f in folders if not (f / '__init__.py').is_file())
    assert missing == [], 'setup.py ships packages only'


def test_files_are_short():
    sizes = {name: len((REPO / name).read_text(encoding='utf-8').splitlines())
             for name in tracked('drfuse/*.py', 'tools/*.py', 'projects/*.py', 'setup.py')}
    assert {name: size for name, size in sizes.items() if size > MAX_FILE} == {}


def test_functions_are_short_and_shallow():
    faults = []
    for name in tracked('drfuse/*.py', 'tools/*.py', 'projects/*.py', 'setup.py'):
        for function in functions(name):
            body = function.body
            documented = ast.get_docstring(function) is not None
            first = body[1] if documented and len(body) > 1 else body[0]
            lines, depth = function.end_lineno - first.lineno + 1, nesting(function)
            if lines > MAX_FUNCTION or depth > MAX_NESTING:
                faults.append(f'{name}:{function.lineno} {function.name}: {lines} lines, nesting {depth}')
    assert not faults, '\n'.join(faults)


def test_leaf_configs_are_short():
    sizes = {name: len((REPO / name).read_text(encoding='utf-8').splitlines())
             for name in tracked('configs/*.py') if '_base_' not in name}
    assert {name: size for name, size in sizes.items() if size >= 40} == {}


def test_no_file_names_a_place_of_one_machine():
    found = []
    for name in tracked('*.py', '*.md', '*.txt', '*.toml', '*.cff', '*.in', '*.yml', '*.yaml', '*.sh', 'Makefile',
                        '.ci/*', '*.json', '*.csv', '*.ipynb', '.gitignore'):
        if name == 'tests/test_layout.py':
            continue
        text = (REPO / name).read_text(encoding='utf-8')
        for match in MACHINE_PATH.finditer(text):
            found.append(f'{name}:{text.count(chr(10), 0, match.start()) + 1} {match.group()}')
    assert not found, '\n'.join(found)


@pytest.mark.parametrize(('text', 'found'), [
    ("root = '/home/me/data'", True), ('cd /work/x', True), ('https://host/tmp/x', False), ('data/tmp/x', False),
    ('$REPO/work/x', False), ('#!/usr/bin/env bash', False)])
def test_the_pattern_for_places_finds_them(text, found):
    assert bool(MACHINE_PATH.search(text)) is found


def test_nesting_counts_blocks():
    code = 'def f():\n for a in b:\n  if a:\n   pass\n  elif b:\n   pass\n  else:\n   with c:\n    pass\n'
    assert nesting(ast.parse(code).body[0]) == 3


def test_pinned_set_covers_the_requirements():
    def names(file):
        lines = (REPO / 'requirements' / file).read_text().splitlines()
        return {re.split(r'[<>=!~ ;\[]', line)[0].lower().replace('_', '-') for line in lines
                if line and not line.startswith('#')}

    pinned = names('pinned.txt')
    for file in ('runtime.txt', 'tests.txt', 'optional.txt', 'docs.txt'):
        assert names(file) - pinned == set(), file
