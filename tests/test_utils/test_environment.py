"""Each problem of an installation is one line with its fix."""

import re
from types import SimpleNamespace

import pytest

from drfuse.utils import environment


@pytest.fixture
def modules(monkeypatch):
    """Replace what importing gives: name -> module or exception."""
    fake = {}

    def import_module(name):
        result = fake[name]
        if isinstance(result, Exception):
            raise result
        return result

    monkeypatch.setattr(environment.importlib, 'import_module', import_module)
    return fake


def test_this_environment_is_fine():
    assert environment.environment_problems() == []
    environment.check_environment()


@pytest.mark.parametrize(('version', 'parts'), [('2.13.0+cpu', (2, 13, 0)), ('2.6.0a0', (2, 6, 0)), ('local', ())])
def test_release(version, parts):
    assert environment.release(version) == parts


@pytest.mark.parametrize('version', ['2.1.0', '2.2.0'])
def test_mmcv_in_range(modules, version):
    modules['mmcv'] = SimpleNamespace(__version__=version)
    assert environment.mmcv_problem() is None


@pytest.mark.parametrize(('module', 'says'), [
    (ModuleNotFoundError("No module named 'mmcv'", name='mmcv'), 'mmcv is not installed'),
    (ImportError('yapf is broken'), 'mmcv does not import (yapf is broken)'),
    (SimpleNamespace(), 'mmcv is damaged'),
    (SimpleNamespace(__version__='2.0.1'), 'mmcv 2.0.1 does not fit'),
    (SimpleNamespace(__version__='2.3.0'), 'mmcv 2.3.0 does not fit'),
    (SimpleNamespace(__version__='1.7.2'), 'mmcv 1.7.2 does not fit'),
])
def test_mmcv_problem(modules, module, says):
    modules['mmcv'] = module
    problem = environment.mmcv_problem()
    assert problem.startswith(says)
    assert "pip install 'mmcv-lite>=2.1,<2.3'" in problem and '\n' not in problem


@pytest.mark.parametrize('library', ['libGL.so.1', 'libgthread-2.0.so.0', 'libglib-2.0.so.0'])
def test_missing_system_library(modules, library):
    modules['cv2'] = ImportError(f'{library}: cannot open shared object file: No such file or directory')
    problem = environment.opencv_problem()
    assert problem.startswith(f'OpenCV finds no {library}: apt-get install libgl1 libglib2.0-0')
    assert 'opencv-python-headless' in problem and '\n' not in problem


def test_opencv_missing_altogether(modules):
    modules['cv2'] = ModuleNotFoundError("No module named 'cv2'")
    assert environment.opencv_problem().startswith("OpenCV does not import (No module named 'cv2')")


@pytest.mark.parametrize(('version', 'says'), [(None, 'torch is not installed'), ('2.5.1', 'torch 2.5.1 is too old')])
def test_torch_problem(monkeypatch, version, says):
    monkeypatch.setattr(environment, 'installed_version', lambda name: version)
    problem = environment.torch_problem()
    assert problem.startswith(says) and "'torch>=2.6'" in problem


def test_torchvision_of_another_torch(monkeypatch, modules):
    monkeypatch.setattr(environment, 'find_spec', lambda name: object())
    modules['torchvision'] = RuntimeError('operator torchvision::nms does not exist')
    assert 'pip uninstall -y torchvision' in environment.torchvision_problem()


def test_first_problem_stops_the_program(monkeypatch):
    monkeypatch.setattr(environment, 'CHECKS', (lambda: None, lambda: 'first', lambda: 'second'))
    with pytest.raises(SystemExit, match='^drfuse: first$'):
        environment.check_environment()
    assert environment.environment_problems() == ['first', 'second']


def test_installed_version_of_nothing():
    assert environment.installed_version('no-such-distribution') is None


def test_machine_names_processor_and_versions():
    line = environment.machine()
    assert re.fullmatch(r'.+, (\d+|\?) cores; Python 3\.\d+\.\d+, torch \d.+, drfuse \d.+', line)
