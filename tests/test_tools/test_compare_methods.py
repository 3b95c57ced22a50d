"""The whole way: choose on some pairs, report on others, note the look at the test list."""

import json

import numpy as np
import pytest

from drfuse.datasets.synthetic import draw_road_scene
from drfuse.visualization.image_writer import write_png

RIVALS = """families = dict(
    bicubic=dict(restorer=dict(type='Bicubic'), search=dict(offset=(0.0, 0.5)), scenarios=('noise', 'clean')),
    wiener=dict(restorer=dict(type='Wiener', weight=30.0), search=dict(), scenarios=('noise',)))
"""


@pytest.fixture
def tool(load_tool):
    return load_tool('analysis_tools/compare_methods.py')


@pytest.fixture
def folder(tmp_path):
    for i in range(2):
        pair = draw_road_scene((48, 64), np.random.default_rng(i))
        for split in ('train', 'test'):
            for name, place in (('ir', 'ir'), ('vis', 'vi')):
                write_png(tmp_path / split / place / f'p{i}.png', pair[name])
    (tmp_path / 'rivals.py').write_text(RIVALS)
    return tmp_path


def test_choose_then_report(tool, folder, capfd):
    common = ['ivf', '--data-root', str(folder), '--scenarios', 'noise', 'clean', '--cache', str(folder / 'cache'),
              '--rivals', str(folder / 'rivals.py'), '--workers', '1', '--log', str(folder / 'looks.jsonl')]
    assert tool.main([*common, '--choose', str(folder / 'choice.json'), '--tuning-pairs', '1']) == 0
    choice = json.loads((folder / 'choice.json').read_text())
    assert choice['choices']['noise']['ir']['best'] == 'wiener' and choice['facts']['split'] == 'train'
    assert not (folder / 'looks.jsonl').exists()  # validation pairs may be looked at
    report = [*common, '--report', str(folder / 'out' / 'ivf'), '--choice', str(folder / 'choice.json')]
    assert tool.main([*report, '--all-rivals']) == 0
    kept = len(list((folder / 'cache').rglob('*.json')))
    assert tool.main(report) == 0
    assert len(list((folder / 'cache').rglob('*.json'))) == kept  # nothing was computed again
    assert len((folder / 'looks.jsonl').read_text().splitlines()) == 2
    text = (folder / 'out' / 'ivf.md').read_text()
    assert 'look number 2' in text and '| best rival + guided_filter |' in text and '*best rival + copy_second*' in text
    data = json.loads((folder / 'out' / 'ivf.json').read_text())
    assert [s['scenario'] for s in data['scenarios']] == ['noise', 'clean']
    assert data['scenarios'][1]['sources']['best rival']['vis']['PSNR'] == 100
    capfd.readouterr()


def test_a_family_is_added_to_what_was_chosen(tool, folder, capfd):
    common = ['ivf', '--data-root', str(folder), '--scenarios', 'noise', 'clean', '--cache', str(folder / 'cache'),
              '--workers', '1', '--tuning-pairs', '1', '--choose', str(folder / 'choice.json')]
    assert tool.main([*common, '--rivals', str(folder / 'rivals.py')]) == 0
    before = json.loads((folder / 'choice.json').read_text())
    (folder / 'more.py').write_text(
        "families = dict(tv=dict(restorer=dict(type='TVADMM', weight=20.0), search=dict(), scenarios=('noise',)))")
    more = [*common, '--rivals', str(folder / 'more.py')]
    assert tool.main([*more, '--families', 'tv']) == 0
    after = json.loads((folder / 'choice.json').read_text())
    assert after['choices']['clean'] == before['choices']['clean']
    for source, found in after['choices']['noise'].items():
        assert list(found['families']) == ['bicubic', 'wiener', 'tv']
        known = before['choices']['noise'][source]['families']
        assert {name: found['families'][name] for name in known} == known
        assert found['best'] == max(found['families'], key=lambda name: found['families'][name]['psnr'])
    assert after['facts']['earlier'] == before['facts'] and after['facts']['families'] == ['tv']
    assert tool.main([*more, '--families', 'bm3d']) == 2
    assert 'bm3d is not in' in capfd.readouterr().err
    (folder / 'one.txt').write_text('p0\n')
    assert tool.main([*more, '--families', 'tv', '--pairs', str(folder / 'one.txt')]) == 2
    assert 'chosen with pairs all, not' in capfd.readouterr().err


def test_defaults_do_not_depend_on_the_directory(tool, folder, repo_dir, monkeypatch, capfd):
    monkeypatch.chdir(folder)
    common = ['ivf', '--data-root', str(folder), '--cache', str(folder / 'cache'), '--scenarios', 'noise']
    report = tool.build_parser().parse_args([*common, '--report', 'out'])
    assert tool.Comparison(report, None).log_file() == repo_dir / 'docs/results/test_runs.jsonl'
    assert tool.main([*common, '--choose', 'choice.json', '--families', 'none']) == 2
    assert 'none is not in _base_/rivals.py' in capfd.readouterr().err  # the config was found
    monkeypatch.setattr(tool, 'own_results', lambda: None)
    assert tool.main([*common, '--report', 'out']) == 2
    assert '--log FILE is needed to report on a test list outside a checkout' in capfd.readouterr().err
    report.split = 'train'
    assert tool.Comparison(report, None).log_file() is None
    assert tool.Comparison.note(dict(split='train', task='ivf'), None) == 0


def test_mistakes_are_one_line(tool, folder, capfd):
    common = ['ivf', '--data-root', str(folder), '--cache', str(folder / 'cache')]
    for arguments, text in ((['--report', str(folder / 'r')], '--report needs --choice'),
                            (['--choose', str(folder / 'c.json'), '--workers', '0'], 'must be >= 1, got 0 and 5'),
                            (['--choose', str(folder / 'c.json'), '--denoiser', 'a.py'], 'takes CONFIG,WEIGHTS'),
                            (['--choose', str(folder / 'c.json'), '--pairs', 'no.txt'], 'no.txt does not exist'),
                            (['--choose', str(folder / 'c.json'), '--report', 'x'], 'not allowed with argument')):
        assert tool.main([*common, *arguments]) == 2
        error = capfd.readouterr().err
        assert text in error and error.strip().count('\n') == 0
