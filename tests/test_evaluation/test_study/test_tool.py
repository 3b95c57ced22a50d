"""What the tools that measure a trained model have in common."""

import json

import pytest

from drfuse.evaluation.study.plan import VALIDATION
from drfuse.evaluation.study.tool import pairs_of, validation_parser, write_tables

NEEDED = ['--model', 'ivf', '--data-root', 'DATA', '--out', 'OUT']


@pytest.mark.parametrize('task', VALIDATION)
def test_pairs_are_those_of_validation_if_none_are_named(task):
    parser = validation_parser('tool.py', 'What it does.')
    assert pairs_of(parser.parse_args([task, *NEEDED])) == VALIDATION[task][1]
    assert pairs_of(parser.parse_args([task, *NEEDED, '--pairs', 'mine.txt'])) == 'mine.txt'


def test_both_files_and_the_screen_have_the_result(tmp_path, capsys):
    write_tables(str(tmp_path / 'out'), dict(rows=[1]), 'a table\n')
    assert json.loads((tmp_path / 'out.json').read_text()) == dict(rows=[1])
    assert (tmp_path / 'out.md').read_text() == 'a table\n' and 'a table' in capsys.readouterr().out
