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


@pytest.mark.parametrize(('script', 'arguments'), [('dist_train.sh', ['c.py']), ('dist_test.sh', ['c.py', 'a.pth'])])
@pytest.mark.parametrize('number', ['0', 'two', '--amp'])
def test_scripts_refuse_a_wrong_number_of_processes(repo_dir, script, arguments, number):
    done = subprocess.run(['bash', repo_dir / 'tools' / script, *arguments, number], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 2
    assert done.stderr.endswith(f"GPUS must be a number >= 1, got '{number}'\n")


def test_programs_are_short(repo_dir):
    for name in ('tools/train.py', 'tools/test.py'):
        assert len((repo_dir / name).read_text().splitlines()) < 60
