"""Quality against time: the front, the page and the figure."""

from drfuse.evaluation.rivals.pareto import QUALITIES, Point, front, page, plot

POINTS = [Point('T3', True, 30.0, dict(QABF=0.5, PSNR=32.0)), Point('T1', True, 10.0, dict(QABF=0.3, PSNR=33.0)),
          Point('a + average', False, 20.0, dict(QABF=0.2, PSNR=31.0)),
          Point('b + average', False, 10.0, dict(QABF=0.1, PSNR=30.0)),
          Point('b + maximum', False, 20.0, dict(QABF=0.4, PSNR=30.0))]


def test_the_front_is_what_nothing_is_both_faster_and_better_than():
    assert [p.name for p in front(POINTS, 'QABF')] == ['T1', 'b + maximum', 'T3']
    assert [p.name for p in front(POINTS, 'PSNR')] == ['T1']


def test_the_page_has_a_row_a_method_with_the_front_in_bold():
    facts = dict.fromkeys(('task', 'machine', 'threads', 'date', 'scenario', 'images', 'pairs', 'size', 'repeats',
                           'choice'), 'x')
    rows = [line for line in page(facts, POINTS, 'p.svg').splitlines() if line.startswith('| ')][1:]
    assert [row.split(' | ')[0][2:] for row in rows] == ['T1', 'b + average', 'a + average', 'b + maximum', 'T3']
    assert rows[0] == '| T1 | 10 | **0.300** | **33.000** |' and rows[-1] == '| T3 | 30 | **0.500** | 32.000 |'


def test_the_figure_names_models_and_restorers(tmp_path):
    plot(POINTS, tmp_path / 'pareto.svg')
    text = (tmp_path / 'pareto.svg').read_text()
    assert all(f'<!-- {name} -->' in text for name in ('T1', 'T3', 'a', 'b'))
    assert all(f'<!-- {label} -->' in text for label in QUALITIES.values())
