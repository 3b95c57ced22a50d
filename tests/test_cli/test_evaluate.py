"""drfuse evaluate, from the arguments to the files."""

import csv
import json

import numpy as np
import pytest
import torch

from drfuse.cli.evaluate import main, repeat_lists
from drfuse.evaluation.functional import PAPER_METRICS
from drfuse.registry import METRICS
from drfuse.structures import FusionDataSample
from drfuse.visualization.image_writer import write_png

FAST = ['--metrics', 'QMI', 'EN', '--workers', '1', '--resamples', '20']


def image(seed, shape=(48, 44)):
    rng = np.random.default_rng(seed)
    return np.kron(rng.integers(10, 240, (shape[0] // 4, shape[1] // 4)), np.ones((4, 4))).astype(np.uint8)


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Three pairs, one in colour, and two methods; the working directory holds them."""
    monkeypatch.chdir(tmp_path)
    for n in range(3):
        a, b = image(n), image(10 + n)
        write_png(tmp_path / 'ir' / f'{n}.png', a)
        write_png(tmp_path / 'vis' / f'{n}.png', np.stack([b, b // 2 + 9, 255 - b], -1))
        write_png(tmp_path / 'mine' / f'{n}_mine.png', a // 2 + b // 2)
        write_png(tmp_path / 'other' / f'{n}.png', np.maximum(a, b))
    return tmp_path


def run(*argv):
    return main(list(argv))


def one_method(*argv):
    return run('--fused', 'mine', '--sources', 'ir', 'vis', *argv)


def test_the_json_of_one_method(folders, capsys):
    assert one_method('--json', 'out/result.json', '--workers', '1') == 0
    result = json.loads((folders / 'out' / 'result.json').read_text())
    assert list(result['mean']) == list(PAPER_METRICS) == list(result['per_image']['0'])
    assert set(result['per_image']) == {'0', '1', '2'} and result['undefined'] == {}
    assert result['mean']['QW'] == pytest.approx(np.mean([v['QW'] for v in result['per_image'].values()]))
    shown = capsys.readouterr().out
    assert 'measured against the clean sources' in shown and 'written: out/result.json' in shown


def test_files_agree_with_the_test_program(folders):
    """The metrics of a config, on what was loaded and predicted, and the files that were saved: the same digits."""
    rng = torch.Generator().manual_seed(0)
    metric = METRICS.build(dict(type='FusionMetrics', halves=False))
    for n in range(3):
        data = FusionDataSample(metainfo=dict(stem=str(n)))
        data.pred_fused = torch.rand(1, 48, 44, generator=rng)
        data.fused_image = torch.rand(3, 48, 44, generator=rng) * 1.2 - 0.1
        b = torch.from_numpy(image(10 + n)).float()
        rgb = torch.stack([b, (b / 2).floor() + 9, 255 - b]) / 255
        luma = torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1).mul(rgb).sum(0)
        data.gt_sources = torch.stack([torch.from_numpy(image(n)).float() / 255, luma])
        metric.process(None, [data.to_dict()])
        write_png(folders / 'saved' / f'{n}.png', data.fused_image)
    means = metric.evaluate(3)
    assert run('--fused', 'saved', '--sources', 'ir', 'vis', '--json', 'x.json') == 0
    result = json.loads((folders / 'x.json').read_text())
    assert {f'{name}/clean': value for name, value in result['mean'].items()} == means
    assert {stem: {f'{n}/clean': v for n, v in values.items()} for stem, values in result['per_image'].items()
            } == metric.per_image


def test_methods_scenarios_and_trivial_rows(folders, capsys):
    code = run('--fused', 'mine', 'max:noise=other', 'mine:noise=mine', '--sources', 'ir', 'vis', '--with-trivial',
               '--latex', 't.tex', '--markdown', 't.md', '--csv', 't.csv', '--per-image', 'i.csv', '--json', 't.json',
               '--compare-to', 'mine', *FAST)
    assert code == 0
    result = json.loads((folders / 't.json').read_text())
    assert {'mine', 'max/noise', 'mine/noise', 'copy of a', 'copy of b/noise', 'average/noise',
            'maximum'} <= set(result['methods'])
    assert result['methods']['max/noise']['mean'] != result['methods']['mine/noise']['mean']
    assert set(result['paired_tests']['p']['noise']['QMI']) == {'max'}
    assert r'\multicolumn{2}{c}{noise}' in (folders / 't.tex').read_text()
    assert '*copy of a*' in (folders / 't.md').read_text()
    assert len(list(csv.reader((folders / 't.csv').read_text().splitlines()))) == 1 + 3 + 8
    assert len((folders / 'i.csv').read_text().splitlines()) == 1 + 3 * 11
    shown = capsys.readouterr().out
    assert 'p-value against mine' in shown and 'the half of the source that got less' in shown


def test_missing_and_extra_results_are_told_but_no_error(folders, capsys):
    (folders / 'mine' / '1_mine.png').unlink()
    write_png(folders / 'mine' / 'grid.png', image(0))
    assert one_method('--json', 'x.json', *FAST) == 0
    told = capsys.readouterr().err
    assert '1 sources have no result and are left out: 1' in told
    assert '1 results have no source and are left out: grid.png' in told
    assert set(json.loads((folders / 'x.json').read_text())['per_image']) == {'0', '2'}


def test_an_incomplete_folder_is_shown_as_such(folders, capsys):
    (folders / 'mine' / '1_mine.png').unlink()
    assert run('--fused', 'mine', 'other', '--sources', 'ir', 'vis', '--markdown', 't.md', *FAST) == 0
    table = (folders / 't.md').read_text()
    assert table.count(r'(1\*)') == 2 and 'n of 3 images, without a result' in table
    assert '(1*)' in capsys.readouterr().out


def test_undefined_images_are_counted(folders, capsys):
    for name in ('ir', 'vis', 'other'):
        write_png(folders / name / '2.png', np.full((48, 44), 30, np.uint8))
    assert run('--fused', 'other', '--sources', 'ir', 'vis', '--json', 'x.json', '--metrics', 'QMI,VIF', '--workers',
               '1') == 0
    result = json.loads((folders / 'x.json').read_text())
    assert result['undefined'] == {'QMI': 1, 'VIF': 1} and result['per_image']['2'] == {'QMI': None, 'VIF': None}
    assert '(1*)' in capsys.readouterr().out


@pytest.mark.parametrize(('argv', 'message'), [
    (['--fused', 'mine', '--sources', 'ir'], '--sources takes two folders, got 1'),
    (['--fused', 'mine', '--sources', 'ir', 'vis', '--metrics', 'QX'], "unknown metric 'QX'; known are QMI"),
    (['--fused', 'mine', '--sources', 'ir', 'vis', '--variant', 'matlab'], '--variant must be one of yuliu, zliu'),
    (['--fused', 'mine', '--sources', 'ir', 'vis', '--against', 'truth'], '--against must be one of clean, observed'),
    (['--fused', 'nowhere', '--sources', 'ir', 'vis'], 'no folder nowhere'),
    (['--fused', 'mine', 'mine', '--sources', 'ir', 'vis'], "two folders for the method 'mine'"),
    (['--fused', 'average=mine', '--sources', 'ir', 'vis'], "'average' names a trivial row"),
    (['--fused', 'mine', '--sources', 'ir', 'vis', '--compare-to', 'you'], '--compare-to must be one of mine'),
    (['--fused', 'mine', '--sources', 'ir', 'vis', '--csv', 'x.csv', '--per-image', './x.csv'],
     'two results would be written to '),
    (['--fused', 'cut', '--sources', 'ir', 'vis'], 'ir/0.png is 48 x 44 but cut/0.png is 20 x 20')])
def test_mistakes_are_told_in_one_line(folders, capsys, argv, message):
    write_png(folders / 'cut' / '0.png', image(0)[:20, :20])
    assert run(*argv, '--workers', '1', '--resamples', '0') == 2
    told = capsys.readouterr().err
    assert message in told and told.strip().splitlines()[-1].startswith('error: ')


def test_mistakes_in_the_options(folders, capsys):
    assert run('--sources', 'ir', 'vis') == 2
    assert run('--fused', 'mine', '--sources', 'ir', 'vis', '--wat') == 2
    assert run('--help') == 0
    assert '--with-trivial' in capsys.readouterr().out


def test_lists_are_repeated():
    assert repeat_lists(['--metrics', 'QMI', 'QP', '--json', 'x', '--sources', 'a', 'b']) == [
        '--metrics', 'QMI', '--metrics', 'QP', '--json', 'x', '--sources', 'a', '--sources', 'b']
    assert repeat_lists(['--fused=x', '--with-trivial']) == ['--fused=x', '--with-trivial']


def test_trivial_rows_are_not_doubled_for_two_methods(folders):
    assert run('--fused', 'mine', 'other', '--sources', 'ir', 'vis', '--with-trivial', '--json', 'x.json', *FAST) == 0
    result = json.loads((folders / 'x.json').read_text())
    assert list(result['methods']) == ['mine', 'other', 'copy of a', 'copy of b', 'average', 'maximum']
    assert result['methods']['maximum']['images'] == 3
