"""The example project works where only its own files and an importable drfuse are."""

import os
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def project(repo_dir, tmp_path):
    """A copy of the project in an otherwise empty folder, and the environment to run it in."""
    copy = tmp_path / 'vignette_example'
    shutil.copytree(repo_dir / 'projects' / 'vignette_example', copy,
                    ignore=shutil.ignore_patterns('__pycache__', '.*', 'work_dirs'))
    path = os.pathsep.join(['.', str(repo_dir)])
    return copy, {**os.environ, 'PYTHONPATH': path, 'OMP_NUM_THREADS': '1'}


def run(project, *command):
    copy, env = project
    result = subprocess.run([sys.executable, *command], cwd=copy, env=env, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    return result.stdout


def test_its_own_tests_pass(project):
    assert ' passed' in run(project, '-m', 'pytest', '-q', '-p', 'no:cacheprovider')


def test_train_and_test_from_the_command_line(project):
    command = ('-c', 'from drfuse.cli.app import main; main()')
    run(project, *command, 'train', 'vignette_config.py')
    run(project, *command, 'test', 'vignette_config.py', 'work_dirs/vignette_config/iter_20.pth')
    assert (project[0] / 'work_dirs/vignette_config/metrics.json').is_file()


def test_readme_names_every_file(repo_dir):
    folder = repo_dir / 'projects' / 'vignette_example'
    readme = (folder / 'README.md').read_text()
    assert all(f'`{file.name}`' in readme for file in folder.glob('*.py'))
