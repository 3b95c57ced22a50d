from pathlib import Path

import pytest
from mmengine.registry import init_default_scope

from drfuse.evaluation.rivals.tuning import Chooser, Family, read_families, spread, with_value
from drfuse.registry import RESTORERS
from drfuse.utils.config import UserError, load_config

WIENER = Family('wiener', dict(type='Wiener', weight=1e5), (('weight', (1e5, 30.0)), ('offset', (0.0, 40.0))),
                ('noise',))
BICUBIC = Family('bicubic', dict(type='Bicubic'), (), ('noise', 'clean'))
LEARNED = Family('learned', dict(type='LearnedDenoiser'), (), ('noise',))


def test_settings_are_searched_and_families_ranked(scenario, tmp_path):
    bars = []
    chooser = Chooser([BICUBIC, WIENER, LEARNED], tmp_path, tuning_pairs=1, progress=lambda title, total: bars.append(
        (title, total)) or (lambda: None))
    choices = chooser.choose([scenario('noise'), scenario('clean')], ('ir', 'vis'))
    assert set(choices) == {'noise', 'clean'} and set(choices['clean']['ir']['families']) == {'bicubic'}
    noise = choices['noise']['vis']
    assert noise['best'] == 'wiener' and set(noise['families']) == {'bicubic', 'wiener'}  # no denoiser was given
    assert noise['families']['wiener']['restorer'] == dict(type='Wiener', weight=30.0, offset=0.0)
    assert choices['clean']['ir']['families']['bicubic']['psnr'] == 100
    # two settings of one family on one pair for two sources, twice; then three candidates, two sources, two pairs
    assert bars == [('search, step 1', 4), ('search, step 2', 4), ('all pairs', 12)]


def test_a_scenario_without_candidates_is_an_error(scenario, tmp_path):
    with pytest.raises(UserError, match='no restorer is to be tried in the scenario blur'):
        Chooser([WIENER], tmp_path).choose([scenario('blur')], ('ir',))


def test_nested_settings():
    config = dict(type='Cascade', deblur=dict(weight=1.0))
    assert with_value(config, 'deblur.weight', 2.0) == dict(type='Cascade', deblur=dict(weight=2.0))
    assert config['deblur'] == dict(weight=1.0)


@pytest.mark.parametrize(('count', 'expected'), [(None, list('abcdef')), (9, list('abcdef')), (2, ['b', 'e']),
                                                 (3, ['b', 'd', 'f'])])
def test_spread(count, expected):
    assert spread('abcdef', count) == expected


def test_the_shipped_rivals_can_be_built_with_every_setting():
    init_default_scope('drfuse')
    families = read_families(load_config(Path(__file__).parents[3] / 'configs/_base_/rivals.py').families)
    assert {scenario for f in families for scenario in f.scenarios} == {'noise', 'blur', 'composite', 'clean'}
    for family in families:
        for step in range(len(family.search)):
            for config in family.variants(family.restorer, step):
                RESTORERS.build(config)
