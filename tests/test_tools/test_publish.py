"""Publishing keeps weights and facts, and enters the hash that loading checks."""

import pytest
import torch
import yaml

from drfuse.utils.checkpoint import file_sha256, read_checkpoint


@pytest.fixture
def tool(load_tool):
    return load_tool('model_converters/publish.py')


@pytest.fixture
def folder(tmp_path):
    (tmp_path / 'weights').mkdir()
    (tmp_path / 'weights/metafile.yml').write_text('# what this is\nModels: []\n')
    torch.save(dict(state_dict=dict(w=torch.rand(3, 4), n=torch.tensor(3)), optimizer=dict(big=torch.rand(99)),
                    meta=dict(iter=7, seed=1, secret='x')), tmp_path / 'iter_7.pth')
    return tmp_path


def run(tool, folder, *options, name='ivf'):
    return tool.main([str(folder / 'iter_7.pth'), name, '--config', 'configs/light/ivf.py', '--task', 'ivf',
                      '--summary', 'small', '--folder', str(folder / 'weights'), *options])


def test_weights_facts_and_entry(tool, folder):
    assert run(tool, folder) == 0 and run(tool, folder, '--half', name='other') == 0 and run(tool, folder) == 0
    shipped = read_checkpoint(folder / 'weights/ivf.pth')
    assert set(shipped) == {'meta', 'state_dict'} and shipped['meta'] == dict(iter=7, seed=1)
    assert torch.equal(shipped['state_dict']['w'], torch.load(folder / 'iter_7.pth')['state_dict']['w'])
    half = read_checkpoint(folder / 'weights/other.pth')['state_dict']
    assert half['w'].dtype == torch.float16 and half['n'].dtype == torch.int64
    text = (folder / 'weights/metafile.yml').read_text()
    models = yaml.safe_load(text)['Models']
    assert text.startswith('# what this is') and [m['Name'] for m in models] == ['ivf', 'other']
    assert models[0]['SHA256'] == file_sha256(folder / 'weights/ivf.pth') and models[0]['Modalities'] == ['ir', 'vis']


def test_the_folder_does_not_depend_on_the_directory(tool, folder, monkeypatch):
    monkeypatch.setattr(tool, 'zoo_folder', lambda given: given or folder / 'weights')
    (folder / 'elsewhere').mkdir()
    monkeypatch.chdir(folder / 'elsewhere')
    assert tool.main([str(folder / 'iter_7.pth'), 'ivf', '--config', 'c.py', '--task', 'ivf', '--summary', 's']) == 0
    assert (folder / 'weights/ivf.pth').is_file()


def test_a_rival_is_not_listed(tool, folder):
    assert run(tool, folder, '--unlisted', name='rival') == 0
    assert (folder / 'weights/rival.pth').is_file()
    assert yaml.safe_load((folder / 'weights/metafile.yml').read_text())['Models'] == []


def test_averages_runs_of_one_model(tool, folder, capsys):
    w = torch.load(folder / 'iter_7.pth')['state_dict']['w']
    torch.save(dict(state_dict=dict(w=w + 1, n=torch.tensor(5)), meta={}), folder / 'other.pth')
    assert run(tool, folder, '--average', str(folder / 'other.pth')) == 0
    shipped = read_checkpoint(folder / 'weights/ivf.pth')
    torch.testing.assert_close(shipped['state_dict']['w'], w + 0.5)
    assert shipped['meta'] == dict(iter=7, seed=1) and shipped['state_dict']['n'] == 3
    shares = ['--average', str(folder / 'other.pth'), '--shares']
    assert run(tool, folder, *shares, '0.75', '0.25') == 0
    torch.testing.assert_close(read_checkpoint(folder / 'weights/ivf.pth')['state_dict']['w'], w + 0.25)
    assert run(tool, folder, *shares, '0.75', '0.5') == 2 and run(tool, folder, *shares, '1') == 2
    assert '--shares needs 2 positive numbers of sum 1, one a checkpoint, got 0.75 0.5' in capsys.readouterr().err
    torch.save(dict(state_dict=dict(w=w[:1])), folder / 'other.pth')
    assert run(tool, folder, '--average', str(folder / 'other.pth')) == 2
    assert 'differ in names or shapes' in capsys.readouterr().err


def test_mistakes_are_one_line(tool, folder, capsys, monkeypatch):
    monkeypatch.setattr(tool, 'LARGEST_MIB', 1e-6)
    assert run(tool, folder) == 2
    assert 'try --half' in capsys.readouterr().err and not (folder / 'weights/ivf.pth').exists()
    (folder / 'weights/metafile.yml').unlink()
    assert run(tool, folder) == 2
    assert capsys.readouterr().err.startswith('error: no list of models')
