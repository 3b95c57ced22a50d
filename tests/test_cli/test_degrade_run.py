"""Degraded copies as files."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from drfuse.apis.degradation_spec import SourceSpec, preset
from drfuse.apis.picture_io import read_picture
from drfuse.cli.app import app
from drfuse.cli.degrade_run import planned_stages
from drfuse.cli.run import run_command


@pytest.fixture
def run(pairs, tmp_path, monkeypatch):
    shutil.copytree(pairs, tmp_path / 'data')
    monkeypatch.chdir(tmp_path / 'data')
    return lambda command: run_command(app, ['degrade', *command.split()], 'drfuse', 'drfuse')


def test_composite_can_be_fused_again(run, capsys):
    assert run('ir vis -o out --preset composite --a-scale 2') == 0
    assert '2 pairs and degradations.json in out' in capsys.readouterr().err
    a, b, clean = (read_picture(f'{name}/one.png').pixels for name in ('out/a', 'out/b', 'vis'))
    assert a.shape == (24, 32) and b.shape == clean.shape and not np.array_equal(b, clean)
    described = json.loads(Path('out/degradations.json').read_text())
    assert set(described['files']) == {'one', 'two'} and 'AveragePool' in described['degradations']['a']
    assert run_command(app, 'fuse out/a out/b -o fused --task ivf --preset composite --model tiny.py '
                            '--weights tiny.pth'.split(), 'drfuse', 'drfuse') == 0


def test_seed_and_overwrite(run):
    for seed, out in ((1, 'x'), (1, 'y'), (2, 'z')):
        assert run(f'ir vis -o {out} --b-noise 0.1 --seed {seed}') == 0
    x, y, z = (read_picture(f'{out}/b/one.png').pixels for out in 'xyz')
    assert np.array_equal(x, y) and not np.array_equal(x, z)
    np.testing.assert_array_equal(read_picture('x/a/one.png').pixels, read_picture('ir/one.png').pixels)
    assert run('ir vis -o x --b-noise 0.2 --overwrite') == 0
    assert not np.array_equal(read_picture('x/b/one.png').pixels, x)


def test_order_of_stages():
    kinds = [stage['type'] for stage in planned_stages(SourceSpec(blur=(dict(type='X'),), noise=0.1, scale=2))]
    assert kinds == ['X', 'AveragePool', 'GaussianNoise']
    spec = preset('composite')
    assert [s['type'] for s in planned_stages(SourceSpec(spec.blur, spec.noise, 2, noise_first=True))] == [
        'GaussianBlur', 'GaussianNoise', 'AveragePool']
    assert planned_stages(SourceSpec(stages=(dict(type='X'),))) == [dict(type='X')]
