import json
import math

import pytest

from drfuse.evaluation.comparison import Comparison
from drfuse.evaluation.folder_evaluation import MethodResult, Settings
from drfuse.evaluation.functional import Score

SETTINGS = Settings(('QMI', 'QCV', 'QSF'))


def result(method, scenario='', trivial=False, shift=0., images=6):
    scores = {str(n): {'QMI': Score(1 + n / 10 + shift, (0.4, 0.6 + n / 10 + shift)), 'QCV': Score(100 + n - shift),
                       'QSF': Score(-0.1 + shift)} for n in range(images)}
    return MethodResult(method, scenario, trivial, scores)


@pytest.fixture
def comparison():
    return Comparison([result('x'), result('y', shift=0.05), result('z', shift=-0.5), result('w', shift=0.05),
                       result('copy of a', trivial=True, shift=5)], SETTINGS, resamples=200)


def ranks(comparison, metric):
    return {m: comparison.cell(m, '', metric).rank for m in (*comparison.methods, *comparison.trivial)}


def test_ranks_follow_each_metrics_direction_and_leave_trivial_rows_out(comparison):
    assert ranks(comparison, 'QMI') == {'x': 2, 'y': 1, 'z': 0, 'w': 1, 'copy of a': 0}
    assert ranks(comparison, 'QCV') == {'x': 2, 'y': 1, 'z': 0, 'w': 1, 'copy of a': 0}
    assert ranks(comparison, 'QSF') == {'x': 2, 'y': 1, 'z': 0, 'w': 1, 'copy of a': 0}


def test_a_single_method_has_no_rank():
    assert Comparison([result('x')], SETTINGS, 0).cell('x', '', 'QMI').rank == 0


def test_ranks_are_over_the_images_that_all_methods_have():
    """QMI rises from image to image: without the first ones a worse method had the better mean."""
    some = result('y', shift=-0.05)
    some.scores = {stem: some.scores[stem] for stem in ('3', '4', '5')}
    c = Comparison([result('x'), some], SETTINGS, 0)
    assert c.cell('y', '', 'QMI').mean > c.cell('x', '', 'QMI').mean
    assert ranks(c, 'QMI') == {'x': 1, 'y': 2}
    assert c.shared_stems('', 'QMI') == ['3', '4', '5'] and len(c.stems('')) == 6
    assert [c.cell(m, '', 'QMI').missing for m in c.methods] == [0, 3]


def test_images_where_a_metric_is_undefined_take_no_part_in_ranks():
    better, worse = result('x', shift=0.01), result('y')
    worse.scores['0']['QMI'] = Score(math.nan)
    assert ranks(Comparison([better, worse], SETTINGS, 0), 'QMI') == {'x': 1, 'y': 2}


def test_methods_without_common_images_have_no_ranks():
    other = result('y')
    other.scores = {f'other {stem}': scores for stem, scores in other.scores.items()}
    assert ranks(Comparison([result('x'), other], SETTINGS, 0), 'QMI') == {'x': 0, 'y': 0}


def test_a_method_without_any_value_does_not_keep_the_others_from_ranks():
    empty = result('z')
    for scores in empty.scores.values():
        scores['QMI'] = Score(math.nan)
    c = Comparison([result('x'), result('y', shift=1), empty], SETTINGS, 0)
    assert ranks(c, 'QMI') == {'x': 2, 'y': 1, 'z': 0}


def test_scenarios_are_ranked_apart():
    c = Comparison([result('x', 'noise'), result('y', 'noise', shift=1), result('x', 'blur', shift=1),
                    result('y', 'blur')], SETTINGS, 0)
    assert c.scenarios == ('noise', 'blur')
    assert [c.cell('x', s, 'QMI').rank for s in c.scenarios] == [2, 1]
    assert c.cell('y', 'composite', 'QMI') is None


def test_intervals_hold_the_mean_and_can_be_left_out(comparison):
    cell = comparison.cell('x', '', 'QMI')
    assert cell.low < cell.mean < cell.high
    assert math.isnan(Comparison([result('x')], SETTINGS, 0).cell('x', '', 'QMI').low)


def test_paired_tests(comparison):
    p = comparison.p_values('x', '', 'QMI')
    assert set(p) == {'y', 'z', 'w'}
    assert p['z'] == pytest.approx(3 * 2 / 2**6)
    assert comparison.p_values('x', 'blur', 'QMI') == {}


def test_only_common_images_are_paired():
    c = Comparison([result('x', images=6), result('y', shift=0.5, images=3)], SETTINGS, 0)
    assert c.p_values('x', '', 'QMI') == {'y': pytest.approx(2 / 2**3)}


def test_json_of_one_method():
    table = Comparison([result('x'), result('average', trivial=True)], SETTINGS, 50).to_dict()
    assert json.loads(json.dumps(table)) == table
    assert table['mean']['QMI'] == pytest.approx(1.25)
    assert table['per_image']['3'] == {'QMI': 1.3, 'QCV': 103, 'QSF': -0.1}
    assert table['undefined'] == {}
    assert table['halves'] == {'QMI': {'a': pytest.approx(0.4), 'b': pytest.approx(0.85), 'min': pytest.approx(0.4)}}
    assert table['weaker_half'] == {'QMI': pytest.approx(0.4)}
    assert table['halves_per_image']['0'] == {'QMI': [0.4, 0.6]}
    assert table['settings']['against'] == 'clean' and table['settings']['variant'] == 'yuliu'
    assert set(table['methods']) == {'x', 'average'} and table['paired_tests'] == {}


def test_json_of_several_methods_and_scenarios():
    c = Comparison([result('x', 'noise'), result('y', 'noise', shift=1)], SETTINGS, 0)
    table = c.to_dict('x')
    assert set(table) == {'settings', 'methods', 'paired_tests'}
    assert set(table['methods']) == {'x/noise', 'y/noise'}
    assert table['methods']['x/noise']['interval_95']['QMI'] == [None, None]
    assert table['paired_tests']['p']['noise']['QMI']['y'] == pytest.approx(2 / 2**6)


def test_undefined_values_are_counted_and_null():
    broken = result('x')
    broken.scores['2']['QMI'] = Score(math.nan)
    table = Comparison([broken], SETTINGS, 0).to_dict()
    assert table['undefined'] == {'QMI': 1} and table['per_image']['2']['QMI'] is None
    assert math.isfinite(table['mean']['QMI'])
    for scores in broken.scores.values():
        scores['QCV'] = Score(math.nan)
    c = Comparison([broken, result('y')], SETTINGS, 10)
    assert c.to_dict()['methods']['x']['mean']['QCV'] is None
    assert c.cell('x', '', 'QCV').rank == 0 and c.cell('y', '', 'QCV').rank == 0
