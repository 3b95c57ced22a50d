"""Models and denoisers by config and checkpoint on a command line."""

import pytest

from drfuse.evaluation.rivals.arguments import own_results, pair_of_files, read_ours
from drfuse.utils.config import UserError


def test_config_and_checkpoint(repo_dir):
    weights = str(repo_dir / 'weights/ivf.pth')
    config, found = pair_of_files(f'light/ivf.py,{weights}', '--denoiser')
    assert config.endswith('light/ivf.py') and found == weights
    assert pair_of_files(None, '--denoiser') is None
    assert read_ours([f'light=light/ivf.py,{weights}']) == dict(light=(config, weights))


def test_own_files_are_found_from_any_directory(repo_dir, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config, weights = pair_of_files('configs/light/ivf.py,weights/ivf.pth', '--denoiser')
    assert (config, weights) == (str(repo_dir / 'configs/light/ivf.py'), str(repo_dir / 'weights/ivf.pth'))
    assert own_results() == repo_dir / 'docs/results'
    monkeypatch.setattr('drfuse.evaluation.rivals.arguments.share_root', lambda: tmp_path)
    assert own_results() is None


@pytest.mark.parametrize(('text', 'problem'), [
    ('light', "--ours light takes CONFIG,WEIGHTS, got ''"),
    ('light=light/ivf.py,no.pth', '--ours light: checkpoint no.pth does not exist')])
def test_mistakes_are_named(text, problem):
    with pytest.raises(UserError, match=problem):
        read_ours([text])
