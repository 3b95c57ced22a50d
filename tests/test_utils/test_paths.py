"""Configs are found by path, by name, and in an installed package."""

from pathlib import Path

import pytest

from drfuse.utils import paths


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package folder that carries its configs in ``.mim``."""
    root = tmp_path / 'site-packages' / 'drfuse'
    for name in ('_base_/runtime.py', 'drfusion/ivf_noise.py', 'drfusion/ivf_blur.py'):
        file = root / '.mim' / 'configs' / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('')
    monkeypatch.setattr(paths, 'PACKAGE_DIR', root)
    monkeypatch.chdir(tmp_path)
    return root


def test_checkout_uses_its_own_configs(repo_dir):
    assert paths.config_root() == repo_dir / 'configs'


def test_installed_package_uses_its_copies(installed):
    assert paths.share_root() == installed / '.mim'


@pytest.mark.parametrize('name', ['drfusion/ivf_noise.py', 'configs/drfusion/ivf_noise.py', 'drfusion/ivf_noise',
                                  'configs/drfusion/ivf_noise'])
def test_own_config_by_name(installed, name):
    assert paths.find_config(name) == installed / '.mim/configs/drfusion/ivf_noise.py'


def test_a_file_comes_first(installed, tmp_path):
    file = tmp_path / 'drfusion' / 'ivf_noise.py'
    file.parent.mkdir()
    file.write_text('')
    assert paths.find_config('drfusion/ivf_noise.py').resolve() == file


def test_unknown_name_suggests_the_closest(installed):
    with pytest.raises(FileNotFoundError, match=r"config 'drfusion/ivf_nois.py' .*closest: drfusion/ivf_noise.py"):
        paths.find_config('drfusion/ivf_nois.py')


def test_absolute_path_is_never_a_name(installed):
    with pytest.raises(FileNotFoundError, match='neither a file'):
        paths.find_config('/drfusion/ivf_noise.py')


def test_package_without_configs(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, 'PACKAGE_DIR', tmp_path / 'drfuse')
    with pytest.raises(FileNotFoundError, match='install drfuse with pip'):
        paths.config_root()


def test_weights_are_found_in_the_package_unless_a_file_is_nearer(installed):
    shipped = installed / '.mim' / 'weights' / 'ivf.pth'
    shipped.parent.mkdir()
    shipped.write_text('shipped')
    assert paths.find_weights('weights/ivf.pth') == shipped
    assert paths.find_weights('weights/none.pth').as_posix() == 'weights/none.pth'
    assert paths.find_weights('ivf.pth').as_posix() == 'ivf.pth'
    near = Path('weights/ivf.pth')
    near.parent.mkdir()
    near.write_text('near')
    assert paths.find_weights('weights/ivf.pth') == near
