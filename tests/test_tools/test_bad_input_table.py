"""The page of mistakes is the list that is tested."""

import importlib.util

import pytest


@pytest.fixture(scope='module')
def tool(repo_dir):
    spec = importlib.util.spec_from_file_location('table', repo_dir / 'tools/analysis_tools/bad_input_table.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page_is_up_to_date(tool):
    cases = tool.load_cases().CASES
    assert tool.TARGET.read_text(encoding='utf-8') == tool.page(cases), f'run {tool.__file__}'
    assert len(cases) >= 40


def test_a_bar_does_not_end_the_cell(tool):
    case = tool.load_cases().Case('x', 'fuse', 'a|b')
    assert tool.page([case]).endswith('| x | `drfuse fuse` | `a\\|b` | 2 |\n')
