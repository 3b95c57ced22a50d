"""The options of ``drfuse video``."""

import pytest

from drfuse.cli import video_run
from drfuse.cli.app import app
from drfuse.cli.run import run_command


def test_help_has_examples(capsys):
    assert run_command(app, ['video', '--help'], 'drfuse', 'drfuse') == 0
    assert 'drfuse video ir.mp4 visible.mp4 -o fused.mp4 --task ivf' in capsys.readouterr().out


def test_every_option_arrives(monkeypatch):
    seen = []
    monkeypatch.setattr(video_run, 'run', lambda job: seen.append(job) or 0)
    command = ('video a b -o c.mp4 --task mif --pad shortest --fps 12 --gray --chroma observed --steady --resume '
               '--device cpu --precision float32 --preset blur --a-noise 0.1 --boundary zero --model m --weights w')
    assert run_command(app, command.split(), 'drfuse', 'drfuse') == 0
    (job,) = seen
    assert (job.pad, job.fps, job.gray, job.chroma) == ('shortest', 12, True, 'observed')
    assert job.resume and job.steady and not job.overwrite
    assert (str(job.a), str(job.output), job.task, job.model, str(job.weights)) == ('a', 'c.mp4', 'mif', 'm', 'w')
    assert job.degradation.parts[0] == (None, 0.1, None) and job.degradation.boundary == 'zero'


@pytest.mark.parametrize('command', ['video a b --task ivf', 'video a -o b --task ivf'])
def test_what_is_missing_is_named(command, capsys):
    assert run_command(app, command.split(), 'drfuse', 'drfuse') == 2
    assert 'Missing' in capsys.readouterr().err
