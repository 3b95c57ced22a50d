import subprocess
import sys

import pytest


@pytest.mark.parametrize(('tool', 'words'), [
    ('tools/train.py', ['--resume', '--amp', '--auto-scale-lr', '--seed', '--data-root', '--cfg-options',
                        '--launcher']),
    ('tools/test.py', ['checkpoint', '--out', '--show-dir', '--data-root', '--cfg-options', '--launcher']),
    ('tools/analysis_tools/plot_curves.py', ['work_dir', '--out'])])
def test_programs_explain_themselves(repo_dir, tool, words):
    done = subprocess.run([sys.executable, repo_dir / tool, '--help'], capture_output=True, text=True, cwd=repo_dir,
                          env={'PYTHONPATH': str(repo_dir), 'PATH': ''}, check=False)
    assert done.returncode == 0, done.stderr
    assert all(word in done.stdout for word in words)


@pytest.mark.parametrize('script', ['dist_train.sh', 'dist_test.sh', 'slurm_train.sh'])
def test_scripts_parse_and_say_what_they_need(repo_dir, script):
    path = repo_dir / 'tools' / script
    assert subprocess.run(['bash', '-n', path], check=False).returncode == 0
    done = subprocess.run(['bash', path], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith('usage:')


def test_programs_are_short(repo_dir):
    for name in ('tools/train.py', 'tools/test.py'):
        assert len((repo_dir / name).read_text().splitlines()) < 60
