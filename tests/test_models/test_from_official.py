import importlib.util
import pickle

import pytest
import torch

from drfuse.models import DRFusion


@pytest.fixture(scope='module')
def tool(repo_dir):
    path = repo_dir / 'tools' / 'model_converters' / 'from_official.py'
    spec = importlib.util.spec_from_file_location('from_official', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def source(tmp_path, official_state):
    path = tmp_path / 'net_params_100.pkl'
    torch.save(official_state(3), path)
    return path


def test_the_checkpoint_fits_the_model(tool, source, tmp_path, capsys):
    target = tmp_path / 'drf.pth'
    assert tool.main([str(source), str(target)]) == 0
    printed = capsys.readouterr().out
    assert 'T = 3' in printed
    assert 'input_help_scale_factor, merge_scale_factor' in printed
    checkpoint = torch.load(target, weights_only=True)
    model = DRFusion(dict(type='DualDecoderUNet'), dict(type='FusionDDIMSampler', num_steps=3))
    model.load_state_dict(checkpoint['state_dict'], strict=True)
    assert checkpoint['meta']['dropped'] == ['input_help_scale_factor', 'merge_scale_factor']
    assert checkpoint['meta']['num_steps'] == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == ['drf.pth', 'net_params_100.pkl']


def fails(tool, capsys, *arguments):
    assert tool.main([str(a) for a in arguments]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0]


def test_never_overwrites_unless_told(tool, source, tmp_path, capsys):
    target = tmp_path / 'drf.pth'
    target.write_text('precious')
    assert f'{target}: exists already, pass --overwrite' in fails(tool, capsys, source, target)
    assert target.read_text() == 'precious'
    assert tool.main([str(source), str(target), '--overwrite']) == 0
    assert 'state_dict' in torch.load(target, weights_only=True)


def test_a_failed_write_leaves_nothing(tool, source, tmp_path, capsys, monkeypatch):
    target = tmp_path / 'drf.pth'
    target.write_text('precious')

    def full_disk(checkpoint, file):
        file.write(b'half')
        raise OSError('No space left on device')

    monkeypatch.setattr(tool.torch, 'save', full_disk)
    assert 'No space left' in fails(tool, capsys, source, target, '--overwrite')
    assert target.read_text() == 'precious'
    assert sorted(p.name for p in tmp_path.iterdir()) == ['drf.pth', 'net_params_100.pkl']


class Evil:
    def __reduce__(self):
        return (print, ('code ran',))


def test_refuses_what_is_no_state_dict(tool, tmp_path, capsys):
    target = tmp_path / 'drf.pth'
    bad = tmp_path / 'bad.pkl'
    assert 'cannot be read' in fails(tool, capsys, bad, target)
    bad.write_bytes(b'')
    assert 'cannot be read' in fails(tool, capsys, bad, target)
    bad.write_bytes(pickle.dumps(Evil()))
    assert 'cannot be read' in fails(tool, capsys, bad, target)
    assert 'code ran' not in capsys.readouterr().out
    torch.save([torch.zeros(1)], bad)
    assert 'holds list, not a dict of tensors' in fails(tool, capsys, bad, target)
    torch.save(dict(state_dict=dict(weight=torch.zeros(1))), bad)
    assert f'{bad}: not a state dict of the release: it lacks 359 names' in fails(tool, capsys, bad, target)
    assert not target.exists()


def test_refuses_alpha_out_of_range(tool, source, tmp_path, official_state, capsys):
    torch.save({**official_state(3), 'alpha': torch.tensor([0.5, 1.25, 0.5])}, source)
    message = fails(tool, capsys, source, tmp_path / 'drf.pth')
    assert message.endswith(f'{source}: alpha must lie in (0, 1), got 1.25 at t = 2')


def test_needs_the_folder(tool, source, tmp_path, capsys):
    assert 'its folder does not exist' in fails(tool, capsys, source, tmp_path / 'no' / 'drf.pth')
