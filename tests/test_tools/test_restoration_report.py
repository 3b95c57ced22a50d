"""The report takes its numbers from the files of the runs, and says which files are missing."""

import json

import pytest


@pytest.fixture
def tool(load_tool):
    return load_tool('analysis_tools/restoration_report.py')


def write_run(folder):
    folder.mkdir()
    means = {f'{name}/clean': 0.25 for name in ('QMI', 'QNCIE', 'QABF', 'QP', 'QCB', 'QW')}
    metrics = dict(config='c.py', checkpoint='iter_9.pth', checkpoint_sha256='ab' * 32, data='files',
                   per_image=dict(a={}, b={}), means={**means, 'PSNR/ir': 30.5, 'SSIM/ir': 0.8})
    baseline = dict(ir=dict(psnr={'bicubic y': 27.0, 'A^+ y': 28.0}, regularisation='A^+ y, gamma=0.01', best=28.0))
    (folder / 'metrics.json').write_text(json.dumps(metrics))
    (folder / 'baseline.json').write_text(json.dumps(baseline))


def test_table(tool, tmp_path):
    write_run(tmp_path / 'run')
    assert tool.main([f'mine={tmp_path / "run"}', '--out', str(tmp_path / 'r.md')]) == 0
    text = (tmp_path / 'r.md').read_text()
    assert '| mine | ir | 27.00 | 28.00 (gamma=0.01) | 30.50 | +2.50 | 0.800 |' in text
    assert '| mine | `c.py` | `iter_9.pth` (abababababab) | files | 2 |' in text
    assert '| mine | 0.2500 |' in text


def test_missing_files_are_named(tool, tmp_path, capfd):
    assert tool.main([f'mine={tmp_path}', '--out', str(tmp_path / 'r.md')]) == 2
    assert 'metrics.json does not exist' in capfd.readouterr().err
    assert not (tmp_path / 'r.md').exists()
