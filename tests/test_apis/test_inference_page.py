"""Every example of docs/inference.md runs."""

import re
import shlex

import cv2
import numpy as np
import pytest

from drfuse.cli.app import app
from drfuse.cli.run import run_command


def blocks(page, kind):
    return re.findall(rf'^```{kind}\n(.*?)^```', page, re.M | re.S)


@pytest.fixture
def page(repo_dir, zoo, files, scene, monkeypatch):
    """The page's text, in a folder with the files that it names; small models stand in for the trained ones."""
    monkeypatch.chdir(files)
    for name, image in (('ir', scene['ir']), ('visible', scene['vis']), ('pet', scene['vis']), ('mri', scene['ir'])):
        cv2.imwrite(f'{name}.png', image if image.ndim == 2 else image[..., ::-1])
    monkeypatch.setattr('drfuse.apis.model_zoo.zoo_folder', lambda folder=None: folder or zoo)
    text = (repo_dir / 'docs' / 'inference.md').read_text(encoding='utf-8')
    (yaml,) = blocks(text, 'yaml')
    (files / 'known.yaml').write_text(yaml)
    return text


def test_commands(page, capsys):
    lines = [line for block in blocks(page, 'bash') for line in block.splitlines()]
    assert len(lines) >= 12 and all(line.startswith('drfuse ') for line in lines)
    for line in lines:
        code = run_command(app, shlex.split(line)[1:], 'drfuse', 'drfuse')
        assert code == 0, f'{line}\n{capsys.readouterr().err}'


def test_python(page, files):
    code = '\n'.join(blocks(page, 'python'))
    names = {}
    exec(compile(code, 'inference.md', 'exec'), names)
    assert names['result'].fused.shape == cv2.imread('visible.png').shape and len(names['many']) == 2
    assert (files / 'fused_by_python.png').is_file()
    assert np.isfinite(names['result'].weights).all()
