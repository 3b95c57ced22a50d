"""Quality against time: the tool, from arguments to page and figure."""

import json

import numpy as np
import pytest

from drfuse.datasets.synthetic import draw_road_scene
from drfuse.visualization.image_writer import write_png

CHOICE = dict(choices=dict(noise={
    'ir': dict(families=dict(bicubic=dict(restorer=dict(type='Bicubic')),
                             wiener=dict(restorer=dict(type='Wiener', weight=300.0)))),
    'vis': dict(families=dict(bicubic=dict(restorer=dict(type='Bicubic'))))}))


@pytest.fixture
def tool(load_tool):
    return load_tool('analysis_tools/pareto.py')


@pytest.fixture
def folder(tmp_path):
    pair = draw_road_scene((48, 64), np.random.default_rng(0))
    for name, place in (('ir', 'ir'), ('vis', 'vi')):
        write_png(tmp_path / 'train' / place / 'p.png', pair[name])
    (tmp_path / 'pairs.txt').write_text('p\n')
    (tmp_path / 'choice.json').write_text(json.dumps(CHOICE))
    return tmp_path


def arguments(folder, repo_dir, **changes):
    options = dict(choice=folder / 'choice.json', out=folder / 'out' / 'pareto', pairs=folder / 'pairs.txt',
                   figure=folder / 'pictures' / 'pareto.svg', scenario='noise', repeats=1, workers=1,
                   cache=folder / 'cache', ours=f'T3={repo_dir}/configs/light/ivf.py,{repo_dir}/weights/ivf.pth')
    given = {'data-root': folder, **options, **changes}
    return ['ivf', *(text for name, value in given.items() for text in (f'--{name}', str(value)))]


def test_models_and_cascades_are_timed_and_measured(tool, folder, repo_dir, capfd):
    assert tool.main(arguments(folder, repo_dir)) == 0
    capfd.readouterr()
    data = json.loads((folder / 'out' / 'pareto.json').read_text())
    points = {p['name']: p for p in data['points']}
    rules = ('average', 'maximum', 'laplacian_pyramid', 'guided_filter')
    assert set(points) == {'T3', *(f'bicubic + {rule}' for rule in rules)}  # Wiener was not chosen from for both
    assert points['T3']['milliseconds'] > points['bicubic + average']['milliseconds'] > 0
    assert len({points[f'bicubic + {rule}']['values']['PSNR'] for rule in rules}) == 1
    assert points['T3']['values']['PSNR'] > points['bicubic + average']['values']['PSNR']
    assert data['facts']['size'] == '64 x 48'
    text = (folder / 'out' / 'pareto.md').read_text()
    assert '![Quality against time](../pictures/pareto.svg)' in text and '| T3 | ' in text
    assert '<svg' in (folder / 'pictures' / 'pareto.svg').read_text()


def test_mistakes_are_one_line(tool, folder, repo_dir, capfd):
    for changes, text in ((dict(choice=folder / 'no.json'), 'no.json has no choice for noise, or does not exist'),
                          (dict(scenario='blur'), 'has no choice for blur'), (dict(repeats=0), 'must be >= 1, got 0'),
                          (dict(ours='T3'), '--ours T3 takes CONFIG,WEIGHTS'),
                          (dict(pairs='no.txt'), 'no.txt does not exist')):
        assert tool.main(arguments(folder, repo_dir, **changes)) == 2
        error = capfd.readouterr().err
        assert text in error and error.strip().count('\n') == 0
