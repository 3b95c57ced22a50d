"""``drfuse doctor`` names what is missing."""

import io
import re

import pytest
from rich.console import Console

from drfuse.cli import doctor


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=200, color_system=None)


def test_healthy(console):
    assert doctor.report(console) == 0
    text = console.file.getvalue()
    assert 'torch' in text and 'drfuse can run here.' in text
    assert 'missing' not in text


def test_problem_is_shown_with_its_fix(console, monkeypatch):
    monkeypatch.setattr(doctor, 'environment_problems', lambda: ["mmcv is not installed: pip install 'mmcv-lite'"])
    assert doctor.report(console) == 1
    assert "mmcv is not installed: pip install 'mmcv-lite'" in console.file.getvalue()


def test_absent_optional_package_says_what_it_is_for(monkeypatch):
    monkeypatch.setattr(doctor, 'installed_version', lambda name: None if name == 'tensorboard' else '1.0')
    rows = {name: (version, note) for name, version, note in doctor.versions()}
    assert rows['tensorboard'] == ('not installed', "learning curves in TensorBoard: pip install 'drfuse[optional]'")


@pytest.mark.parametrize('name', doctor.OPTIONAL)
def test_extra_of_an_optional_package_has_it_and_is_shown(console, monkeypatch, repo_dir, name):
    extra = doctor.OPTIONAL[name][1]
    assert name in re.findall(r'^[\w-]+', (repo_dir / 'requirements' / f'{extra}.txt').read_text(), re.M)
    monkeypatch.setattr(doctor, 'installed_version', lambda package: None if package == name else '1.0')
    doctor.report(console)
    assert f"pip install 'drfuse[{extra}]'" in console.file.getvalue()


def test_both_mmcv_distributions_are_a_conflict(monkeypatch):
    present = {'mmcv': '2.2.0', 'mmcv-lite': '2.2.0', 'opencv-python': '4.9'}
    monkeypatch.setattr(doctor, 'installed_version', present.get)
    (line,) = doctor.conflicts()
    assert line.startswith('mmcv and mmcv-lite are both installed')


def test_full_mmcv_alone_is_complete(monkeypatch):
    monkeypatch.setattr(doctor, 'installed_version', lambda name: None if name == 'mmcv-lite' else '2.2.0')
    assert 'mmcv-lite' not in [row[0] for row in doctor.versions()]
    assert 'mmcv' in [row[0] for row in doctor.versions()]
