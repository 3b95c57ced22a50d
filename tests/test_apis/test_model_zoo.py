"""Models by name: found here, checked, never fetched."""

import shutil

import pytest
import torch
import yaml

from drfuse.apis.model_zoo import check_task, find_device, list_models, load_model, verify
from drfuse.utils.config import UserError
from drfuse.utils.paths import share_root

from .conftest import CONFIG


@pytest.fixture
def own(zoo, tmp_path):
    """A copy of the folder that may be damaged."""
    shutil.copytree(zoo.parent, tmp_path / 'share')
    return tmp_path / 'share' / 'weights'


def test_shipped_metafile_is_valid():
    for model in list_models().values():
        assert model.config.is_file() and len(model.sha256) == 64
    assert set(verify().values()) <= {'ok'}
    assert (share_root() / 'weights' / 'metafile.yml').is_file()


def test_listing_and_verifying(own):
    models = list_models(own)
    assert list(models) == ['ivf', 'mif'] and models['mif'].modalities == ('pet', 'mri')
    (own / 'mif.pth').unlink()
    with open(own / 'ivf.pth', 'ab') as file:
        file.write(b'x')
    assert verify(folder=own) == dict(ivf='wrong hash', mif='missing')
    for name, message in (('ivf', 'does not have the SHA-256 of ivf'), ('mif', 'nothing is downloaded')):
        with pytest.raises(UserError, match=message):
            load_model(name, folder=own)


def test_loading_by_name_and_by_config(zoo):
    named = load_model('mif', folder=zoo, device='cpu')
    assert (named.task, named.modalities, named.name) == ('mif', ('pet', 'mri'), 'mif')
    assert not named.model.training and not any(p.requires_grad for p in named.model.parameters())
    config = load_model(zoo.parent / 'tiny.py', zoo / 'ivf.pth')
    assert (config.task, config.modalities, config.name) == ('ivf', ('ir', 'vis'), 'tiny')
    for a, b in zip(config.model.state_dict().values(), named.model.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_the_config_has_a_digest(zoo, tmp_path):
    def digest(text):
        (tmp_path / 'own.py').write_text(f'_base_ = {str(zoo.parent / "tiny.py")!r}\n{text}')
        return load_model(tmp_path / 'own.py', zoo / 'ivf.pth', 'cpu').config_sha256

    plain = load_model('ivf', folder=zoo, device='cpu').config_sha256
    assert len(plain) == 64 and digest('train_cfg = None') == plain  # training changes no result
    assert digest('model = dict(sampler=dict(x0_range=(0.0, 1.0)))') != plain


@pytest.mark.parametrize(('model', 'weights', 'message'), [
    ('ivff', None, "no model and no config is called 'ivff'.*did you mean ivf"), (str(CONFIG), None, 'needs weights'),
    ('ivf', 'none.pth', 'checkpoint none.pth does not exist'), (str(CONFIG), '{zoo}/ivf.pth', 'does not fit DRFusion')])
def test_mistakes(zoo, model, weights, message):
    with pytest.raises(UserError, match=message):
        load_model(model, weights and weights.format(zoo=zoo), folder=zoo)


@pytest.mark.parametrize(('text', 'message'), [
    ('a: [', 'is not YAML'), ('Models: 3', 'needs a list Models'), ('Models:\n- {Name: x}', 'lacks Config, Weights')])
def test_wrong_metafile(tmp_path, text, message):
    with pytest.raises(UserError, match='no list of models'):
        list_models(tmp_path)
    (tmp_path / 'metafile.yml').write_text(text)
    with pytest.raises(UserError, match=message):
        list_models(tmp_path)


def test_metafile_with_a_wrong_task_or_a_name_twice(own):
    content = yaml.safe_load((own / 'metafile.yml').read_text())
    content['Models'][1]['Name'] = 'ivf'
    (own / 'metafile.yml').write_text(yaml.safe_dump(content))
    with pytest.raises(UserError, match='names a model twice'):
        list_models(own)
    content['Models'][0]['Task'] = 'x'
    (own / 'metafile.yml').write_text(yaml.safe_dump(content))
    with pytest.raises(UserError, match="must be one of ivf, mif, got 'x'"):
        list_models(own)


@pytest.mark.parametrize(('device', 'message'), [
    ('gpu', "device must be cpu, cuda, cuda:0, ... or another one of torch, got 'gpu'"),
    ('cuda:99', "device 'cuda:99' cannot be used here: ")])
def test_device_that_is_not_there(device, message):
    with pytest.raises(UserError, match=message):
        find_device(device)
    assert find_device('cpu').type == 'cpu' and find_device(None).type in ('cpu', 'cuda')


def test_a_folder_without_a_model_of_the_task(tmp_path):
    (tmp_path / 'metafile.yml').write_text('Models: []\n')
    with pytest.raises(UserError, match='no trained model of the task mif is here: name one by --model CONFIG'):
        load_model('mif', folder=tmp_path, device='cpu')


def test_a_task_or_a_model_is_named():
    check_task('mif', None)
    check_task(None, 'ivf')
    for task, message in ((None, '--task is needed: ivf'), ('rgb', "--task must be one of ivf, mif, got 'rgb'")):
        with pytest.raises(UserError, match=message):
            check_task(task, None)
