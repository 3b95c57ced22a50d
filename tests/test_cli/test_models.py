"""``drfuse models`` lists and verifies."""

import json

import pytest
import yaml

from drfuse.cli.app import app
from drfuse.cli.run import run_command
from drfuse.utils.checkpoint import file_sha256


@pytest.fixture
def folder(pairs, tmp_path):
    (tmp_path / 'good.pth').write_bytes((pairs / 'tiny.pth').read_bytes())
    entry = dict(Name='good', Config='tiny.py', Weights='good.pth', Task='ivf', Modalities=['ir', 'vis'],
                 SHA256=file_sha256(tmp_path / 'good.pth'), Summary='small')
    (tmp_path / 'metafile.yml').write_text(yaml.safe_dump(dict(Models=[entry])))
    return tmp_path


def test_states_and_exit_codes(folder, capsys):
    def run(*argv):
        code = run_command(app, ['models', '--folder', str(folder), *argv], 'drfuse', 'drfuse')
        return code, capsys.readouterr().out
    code, out = run()
    assert code == 0 and 'good' in out and 'ir, vis' in out
    assert json.loads(run('--verify', '--json')[1])[0]['state'] == 'ok'
    with open(folder / 'good.pth', 'ab') as file:
        file.write(b'x')
    assert run('--verify')[0] == 1 and 'wrong hash' in run('--verify')[1] and run()[0] == 0
    (folder / 'good.pth').unlink()
    assert run()[0] == 1 and 'missing' in run()[1]


def test_no_models(tmp_path, capsys):
    (tmp_path / 'metafile.yml').write_text('Models: []')
    assert run_command(app, ['models', '--folder', str(tmp_path)], 'drfuse', 'drfuse') == 0
    assert 'no models in' in capsys.readouterr().out
