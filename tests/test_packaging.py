"""An installed drfuse carries its configs and tools, and its command finds them."""

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
REPO = Path(__file__).resolve().parents[1]
BUILD_SDIST = 'import sys; from setuptools.build_meta import build_sdist; print(build_sdist(sys.argv[1]))'


def run(*command, cwd, **env):
    """Run a program that must succeed; return what it prints."""
    result = subprocess.run([sys.executable, *map(str, command)], cwd=cwd, capture_output=True, text=True, check=False,
                            env={**os.environ, **env})
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def pip(command, *args, cwd):
    run('-m', 'pip', command, '-q', '--no-deps', '--no-build-isolation', *args, cwd=cwd)


@pytest.fixture(scope='module')
def checkout(tmp_path_factory):
    """A copy of the checkout's own files, so that building leaves nothing behind in it."""
    target = tmp_path_factory.mktemp('source') / 'checkout'
    ignored = shutil.ignore_patterns('__pycache__', '*.egg-info')
    for name in ('drfuse', 'configs', 'tools', 'splits', 'weights', 'requirements'):
        shutil.copytree(REPO / name, target / name, ignore=ignored)
    for name in ('setup.py', 'pyproject.toml', 'MANIFEST.in', 'README.md', 'LICENSE', 'CITATION.cff'):
        shutil.copy(REPO / name, target)
    return target


@pytest.fixture(scope='module')
def wheel(checkout, tmp_path_factory):
    folder = tmp_path_factory.mktemp('wheel')
    pip('wheel', '-w', folder, checkout, cwd=folder)
    (file,) = folder.glob('drfuse-*.whl')
    return file


@pytest.fixture(scope='module')
def sdist(checkout, tmp_path_factory):
    folder = tmp_path_factory.mktemp('sdist')
    run('-c', BUILD_SDIST, folder, cwd=checkout)
    (file,) = folder.glob('drfuse-*.tar.gz')
    return file


def test_wheel_has_configs_and_tools_inside_the_package_only(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split('/')[0].split('-')[0] for name in names} == {'drfuse'}
    for folder in ('configs', 'tools', 'splits', 'weights'):
        expected = {p.relative_to(REPO).as_posix() for p in (REPO / folder).rglob('*')
                    if p.is_file() and '__pycache__' not in p.parts}
        assert expected == {n.removeprefix('drfuse/.mim/') for n in names if n.startswith(f'drfuse/.mim/{folder}/')}
    assert {f'drfuse/report/report.{kind}' for kind in ('html', 'css', 'js')} | {
        'drfuse/estimation/blur_weights.json'} <= set(names)
    modules = {p.relative_to(REPO).as_posix() for p in (REPO / 'drfuse').rglob('*.py')}
    assert modules == {n for n in names if n.endswith('.py') and '/.mim/' not in n}


@pytest.mark.parametrize('kind', ['checkout', 'wheel', 'sdist'])
def test_installed_drfuse_works(kind, request, tmp_path):
    site = tmp_path / 'site'
    pip('install', '--target', site, request.getfixturevalue(kind), cwd=tmp_path)
    env = dict(PYTHONPATH=str(site))
    code = ('import drfuse; from drfuse.utils.paths import config_root, find_config; print(drfuse.__file__)\n'
            'print(config_root()); print(find_config("_base_/default_runtime.py"))')
    module, root, config = run('-c', code, cwd=tmp_path, **env).split()
    assert Path(module).is_relative_to(site)
    assert Path(root) == site / 'drfuse' / '.mim' / 'configs'
    assert Path(config).read_text() == (REPO / 'configs/_base_/default_runtime.py').read_text()
    assert 'usage: drfuse train' in run(site / 'bin' / 'drfuse', 'train', '--help', cwd=tmp_path, **env)


def test_metadata(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    (info,) = tmp_path.glob('*.dist-info')
    distribution = PathDistribution(info)
    assert set(distribution.metadata['Requires-Python'].split(',')) == {'>=3.10', '<3.13'}
    needed = [r for r in distribution.requires if 'extra ==' not in r]
    assert any(r.startswith('mmcv-lite') for r in needed)
    assert not any(r.split('>')[0] in ('mmcv', 'torchvision') for r in needed)
    assert (info / 'licenses' / 'LICENSE').is_file()


@pytest.mark.parametrize(('installed', 'lite'), [('mmcv', False), ('mmcv_lite', True), (None, True)])
def test_full_mmcv_is_not_overwritten(checkout, tmp_path, monkeypatch, installed, lite):
    if installed:
        info = tmp_path / f'{installed}-2.2.0.dist-info'
        info.mkdir()
        (info / 'METADATA').write_text(f'Metadata-Version: 2.1\nName: {installed.replace("_", "-")}\nVersion: 2.2.0\n')
    monkeypatch.setattr('sysconfig.get_path', lambda name: str(tmp_path))
    monkeypatch.setattr('setuptools.setup', lambda **config: None)
    spec = importlib.util.spec_from_file_location('drfuse_setup', checkout / 'setup.py')
    setup = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(setup)
    assert any(r.startswith('mmcv-lite') for r in setup.runtime_requirements()) is lite
