"""The page of mistakes is the list that is tested."""


import pytest


@pytest.fixture(scope='module')
def tool(load_tool):
    return load_tool('analysis_tools/bad_input_table.py')


def test_page_is_up_to_date(tool):
    cases = tool.load_cases().CASES
    assert tool.TARGET.read_text(encoding='utf-8') == tool.page(cases), f'run {tool.__file__}'
    assert len(cases) >= 40


def test_a_bar_does_not_end_the_cell(tool):
    case = tool.load_cases().Case('x', 'fuse', 'a|b')
    assert tool.page([case]).endswith('| x | `drfuse fuse` | `a\\|b` | 2 |\n')
