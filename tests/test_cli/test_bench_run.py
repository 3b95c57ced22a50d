"""Numbers are written where they were asked for; wrong places are told before anything is measured."""

import json

import pytest

from drfuse.benchmark.page import MEASURED
from drfuse.cli import bench_run
from drfuse.cli.bench_run import Request
from drfuse.utils.config import UserError


@pytest.fixture
def measured(monkeypatch):
    seen = []

    def run_suite(plan, tell, only, known, add):
        seen.append((plan.repeats, only, known, add))
        return dict(known, speedup_vs_paper_unet=40.25)

    monkeypatch.setattr(bench_run, 'run_suite', run_suite)
    monkeypatch.setattr(bench_run, 'measured_text', lambda result: 'numbers')
    monkeypatch.setattr(bench_run, 'update_page', lambda page, text: page.write_text(text))
    return seen


def test_writes_json_and_page(measured, tmp_path, capsys):
    (tmp_path / 'page.md').write_text('\n'.join(MEASURED))
    assert bench_run.run(Request(tmp_path / 'x.json', tmp_path / 'page.md', quick=True)) == 0
    assert json.loads((tmp_path / 'x.json').read_text()) == dict(speedup_vs_paper_unet=40.25)
    assert (tmp_path / 'page.md').read_text() == 'numbers'
    assert 'speedup_vs_paper_unet: 40.2' in capsys.readouterr().out


def test_parts_join_what_the_file_holds(measured, tmp_path):
    file = tmp_path / 'x.json'
    file.write_text('{"start": 1}')
    bench_run.run(Request(file, only=('memory',), repeats=3))
    assert measured == [(3, ('memory',), dict(start=1), False)]
    assert json.loads(file.read_text())['start'] == 1
    bench_run.run(Request(file))  # everything anew
    assert measured[1][2] == {}


def test_wrong_places_are_told_first(measured, tmp_path):
    with pytest.raises(UserError, match='no folder'):
        bench_run.run(Request(tmp_path / 'none' / 'x.json'))
    with pytest.raises(UserError, match='needs the lines'):
        bench_run.run(Request(page=tmp_path / 'page.md'))
    assert not measured
