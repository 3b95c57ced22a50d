"""Numbers are written where they were asked for; wrong places are told before anything is measured."""

import json

import pytest

from drfuse.benchmark.page import END, START
from drfuse.cli import bench_run
from drfuse.utils.config import UserError


@pytest.fixture
def measured(monkeypatch):
    seen = []
    result = dict(speedup_vs_paper_unet=40.25)
    monkeypatch.setattr(bench_run, 'run_suite', lambda plan, tell: seen.append(plan) or result)
    monkeypatch.setattr(bench_run, 'measured_text', lambda result: 'numbers')
    monkeypatch.setattr(bench_run, 'update_page', lambda page, result: page.write_text('updated'))
    return seen


def test_writes_json_and_page(measured, tmp_path, capsys):
    (tmp_path / 'page.md').write_text(f'{START}\n{END}\n')
    assert bench_run.run(tmp_path / 'x.json', tmp_path / 'page.md', None, True) == 0
    assert json.loads((tmp_path / 'x.json').read_text()) == dict(speedup_vs_paper_unet=40.25)
    assert (tmp_path / 'page.md').read_text() == 'updated'
    assert 'speedup_vs_paper_unet: 40.2' in capsys.readouterr().out


def test_wrong_places_are_told_first(measured, tmp_path):
    with pytest.raises(UserError, match='no folder'):
        bench_run.run(tmp_path / 'none' / 'x.json', None, None, True)
    with pytest.raises(UserError, match='needs the lines'):
        bench_run.run(None, tmp_path / 'page.md', None, True)
    assert not measured
