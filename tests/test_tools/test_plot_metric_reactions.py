"""The picture of metric reactions: the changes, the verdicts, the files."""

import csv

import numpy as np
import pytest

from drfuse.visualization.image_writer import write_png


@pytest.fixture
def tool(load_tool):
    return load_tool('analysis_tools/plot_metric_reactions.py')


@pytest.fixture
def pair():
    i, j = np.mgrid[:64, :80]
    a = (40 * ((i // 8 + j // 10) % 2) + 60 + 30 * np.sin(i / 5)).astype(np.uint8)
    b = (90 + 50 * np.cos(j / 7) + 30 * (i > 30)).astype(np.uint8)
    return a, b


def test_noise_pleases_the_gradient_and_no_similarity(tool, pair):
    values = tool.react([pair], ['AG', 'QW', 'QSF', 'QCV'])
    table = tool.verdicts(values)
    columns = list(tool.CHANGES)
    noise, blur = columns.index('noise 50'), columns.index('blur 3')
    assert table['AG'][noise] == 1 and table['AG'][blur] < 0
    assert table['QW'][noise] < 0 and table['QW'][blur] < 0
    assert table['QSF'][noise] < 0 and values['QSF']['noise 50'] > 0 > values['QSF']['blur 3']
    assert table['QCV'][noise] < 0 < values['QCV']['noise 50'] - values['QCV']['unchanged']


def test_captions(tool):
    assert tool.caption('AG', 2, 3) == '+50%'
    assert tool.caption('QNCIE', 0.805, 0.803) == '-0.2%'
    assert tool.caption('QSF', 0.02, -0.5) == '-0.50'


def test_the_fused_image_keeps_the_stronger_detail(tool, pair):
    fused = tool.quantise(tool.fuse(pair))
    assert fused.dtype == np.uint8 and fused.shape == pair[0].shape
    assert np.corrcoef(fused.ravel(), pair[0].ravel())[0, 1] > 0.3


@pytest.mark.slow
def test_the_files(tool, pair, tmp_path, capsys):
    for name, image in zip('ab', pair, strict=True):
        write_png(tmp_path / name / '1.png', np.kron(image, np.ones((3, 3), np.uint8)))
    out = tmp_path / 'docs' / 'x.png'
    assert tool.main(['--out', str(out), '--sources', str(tmp_path / 'a'), str(tmp_path / 'b')]) == 0
    header, *rows = csv.reader(out.with_suffix('.csv').read_text().splitlines())
    assert header == ['metric', 'unchanged', *tool.CHANGES] and len(rows) > 30
    assert out.stat().st_size > 20_000
    assert tool.main(['--out', str(out), '--sources', str(tmp_path / 'a'), str(tmp_path / 'none')]) == 2
    assert 'none' in capsys.readouterr().err


def test_drawn_scenes_are_luminance_pairs(tool, monkeypatch):
    monkeypatch.setattr(tool, '_SIZE', (64, 80))
    monkeypatch.setattr(tool, '_SCENES', 1)
    (a, b), = tool.scenes()
    assert a.shape == b.shape == (64, 80) and a.dtype == np.uint8 and (a != b).any()
