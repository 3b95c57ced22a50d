"""``drfuse bench`` hands its options on."""

from typer.testing import CliRunner

from drfuse.cli import bench_run
from drfuse.cli.app import app


def test_options_reach_the_run(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(bench_run, 'run', lambda *arguments: seen.append(arguments) or 0)
    done = CliRunner().invoke(app, ['bench', '--quick', '--json', str(tmp_path / 'x.json'), '--only', 'start, memory',
                                    '--repeats', '3', '--add'])
    assert done.exit_code == 0, done.output
    assert seen == [(bench_run.Request(tmp_path / 'x.json', None, None, True, ('start', 'memory'), 3, True),)]


def test_help_says_what_the_page_says(repo_dir):
    text = CliRunner().invoke(app, ['bench', '--help']).output
    assert '`' not in text and 'a quarter of an hour' in text
    assert 'a quarter of an hour' in (repo_dir / 'docs' / 'performance.md').read_text(encoding='utf-8')
