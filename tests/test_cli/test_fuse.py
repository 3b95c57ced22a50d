"""The options of ``drfuse fuse`` reach the work."""

from pathlib import Path

import pytest

from drfuse.cli.app import app
from drfuse.cli.run import run_command


@pytest.fixture
def job(monkeypatch):
    """Run a command line; return what the work would get."""
    seen = []
    monkeypatch.setattr('drfuse.cli.fuse_run.run', lambda job: seen.append(job) or 0)

    def start(*argv):
        assert run_command(app, ['fuse', 'A', 'B', '-o', 'O', *argv], 'drfuse', 'drfuse') == 0
        return seen.pop()
    return start


def test_defaults(job):
    found = job()
    assert (found.a, found.b, found.output, found.task, found.device) == ('A', 'B', Path('O'), None, None)
    assert (found.precision, found.chroma, found.degradation.boundary) == ('auto', 'guided', 'reflect')
    assert not any((found.overwrite, found.resume, found.json, found.gray, found.align))


def test_every_option(job):
    found = job('--task', 'mif', '--preset', 'blur', '--degradation', 'd.yaml', '--a-noise', '0.1', '--a-blur', 'none',
                '--a-scale', '2', '--b-noise', '0', '--b-blur', 'gaussian:2', '--b-scale', '4', '--boundary', 'zero',
                '--save-restored', 'R', '--overwrite', '--resume', '--gray', '--chroma', 'observed', '--align',
                '--json', '--model', 'M', '--weights', 'W', '--device', 'cpu', '--precision', 'bfloat16')
    assert found.degradation.parts == (('none', 0.1, 2), ('gaussian:2', 0.0, 4))
    assert (found.degradation.preset, found.degradation.file, found.degradation.boundary) == (
        'blur', Path('d.yaml'), 'zero')
    assert (found.task, found.model, found.weights, found.save_restored) == ('mif', 'M', Path('W'), Path('R'))
    assert (found.device, found.precision, found.chroma) == ('cpu', 'bfloat16', 'observed')
    assert all((found.overwrite, found.resume, found.json, found.gray, found.align))


def test_help_has_examples(capsys):
    assert run_command(app, ['fuse', '--help'], 'drfuse', 'drfuse') == 0
    assert 'drfuse fuse ir.png visible.jpg -o fused.jpg --task ivf' in capsys.readouterr().out
