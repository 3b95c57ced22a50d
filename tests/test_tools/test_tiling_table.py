"""The table of docs/large_pictures.md is that of the reports."""

import json
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]


@pytest.fixture(scope='module')
def script(load_tool):
    return load_tool('analysis_tools/tiling_table.py')


def test_the_page_is_up_to_date(script):
    text = script.PAGE.read_text(encoding='utf-8')
    assert text == script.page(text, script.table())


def test_what_was_measured_keeps_the_promises(script):
    reports = [json.loads(path.read_text()) for path in script.REPORTS.glob('tiling_*.json')]
    compared = [r for r in reports if 'seam_levels' in r and r['weights'] != 'random']
    assert len(compared) >= 3 and all(r['seam_levels'] < 1 for r in compared)
    large = next(r for r in reports if r['size'] == [8000, 6000])
    assert large['peak_gib'] < 4


def test_only_the_table_is_replaced(script):
    assert script.page(f'a\n{script.START}old\n{script.END}b\n', 'new\n') == f'a\n{script.START}new\n{script.END}b\n'
