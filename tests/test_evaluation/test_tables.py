import csv
import io
import math

import pytest
from rich.console import Console

from drfuse.evaluation import tables
from drfuse.evaluation.comparison import Comparison
from drfuse.evaluation.folder_evaluation import MethodResult, Settings
from drfuse.evaluation.functional import Score


def result(method, scenario, qmi, qnabf, trivial=False):
    return MethodResult(method, scenario, trivial, {
        str(n): {'QMI': Score(value, (value / 4, value * 3 / 4)), 'NABF': Score(qnabf)} for n, value in enumerate(qmi)})


@pytest.fixture
def comparison():
    return Comparison([result('A_1', 'noise', [1, 2], 0.1), result('B&B', 'noise', [2, 3], 0.2),
                       result('C', 'noise', [0.5, math.nan], 0.3), result('A_1', 'blur', [1, 1], 0.1),
                       result('average', 'noise', [9, 9], 0, trivial=True)], Settings(('QMI', 'NABF')), resamples=50)


def text(table):
    console = Console(file=io.StringIO(), width=150)
    console.print(table)
    return console.file.getvalue()


def test_latex(comparison):
    lines = tables.to_latex(comparison, 2).splitlines()
    assert lines[0] == r'\begin{tabular}{lcc|cc}'
    assert r'& \multicolumn{2}{c}{noise} & \multicolumn{2}{c}{blur} \\' in lines
    assert r'Method & ' + ' & '.join([r'$Q_{MI}$$\uparrow$', r'$N_{AB/F}$$\downarrow$'] * 2) + r' \\' in lines
    assert r'A\_1 & \underline{1.50} & \textbf{0.10} & 1.00 & 0.10 \\' in lines
    assert r'B\&B & \textbf{2.50} & \underline{0.20} &  &  \\' in lines
    assert r'C & 0.50 (1*) & 0.30 &  &  \\' in lines
    assert lines.index(r'\midrule', 5) == lines.index(r'average & 9.00 & 0.00 &  &  \\') - 1
    assert lines[-1] == ('% variant yuliu, measured against the clean sources; (n*): mean leaves out n of 2 noise, '
                         '2 blur images, undefined; best and second: on the images that all methods have in common')


def test_latex_without_scenarios_has_no_group_line():
    c = Comparison([result('A', '', [1], 0.1)], Settings(('QMI', 'NABF')), 0)
    assert 'multicolumn' not in tables.to_latex(c)


def test_markdown(comparison):
    lines = tables.to_markdown(comparison, 1).splitlines()
    assert lines[0] == '| method | noise Q_MI ↑ | noise N_AB/F ↓ | blur Q_MI ↑ | blur N_AB/F ↓ |'
    assert lines[2] == '| A_1 | <u>1.5</u> | **0.1** | 1.0 | 0.1 |'
    assert lines[4] == r'| C | 0.5 (1\*) | 0.3 |  |  |'
    assert lines[5] == '| *average* | 9.0 | 0.0 |  |  |'
    assert 'against the clean sources' in lines[-1]


def test_intervals_stand_behind_the_means(comparison):
    cell = comparison.cell('B&B', 'noise', 'QMI')
    half = f'{(cell.high - cell.low) / 2:.2f}'
    assert float(half) > 0
    assert rf'\textbf{{2.50}} {{\scriptsize$\pm${half}}} & ' in tables.to_latex(comparison, 2, intervals=True)
    assert f'| **2.50** ±{half} | <u>0.20</u> ±0.00 |' in tables.to_markdown(comparison, 2, intervals=True)
    assert '95 % bootstrap interval' in tables.to_markdown(comparison, 2, intervals=True)
    assert '±' not in tables.to_markdown(comparison) and 'pm' not in tables.to_latex(comparison)


def test_no_interval_without_resamples_or_values():
    c = Comparison([result('A', '', [1], 0.1)], Settings(('QMI', 'NABF')), 0)
    assert '±' not in tables.to_markdown(c, intervals=True).splitlines()[2]
    c = Comparison([result('A', '', [math.nan], 0.1)], Settings(('QMI', 'NABF')), 5)
    assert '| undefined (1\\*) |' in tables.to_markdown(c, intervals=True)


def test_csv(comparison):
    header, *rows = csv.reader(io.StringIO(tables.to_csv(comparison)))
    assert header[:11] == ['method', 'scenario', 'images', 'QMI/clean', 'QMI/clean low', 'QMI/clean high',
                           'QMI/clean undefined', 'QMI_a/clean', 'QMI_b/clean', 'QMI_min/clean', 'NABF/clean']
    assert len(header) == 14 and {len(row) for row in rows} == {14}
    table = {(r[0], r[1]): r for r in rows}
    assert table['A_1', 'noise'][2:4] == ['2', '1.5'] and table['C', 'noise'][6] == '1'
    assert table['A_1', 'noise'][7:10] == ['0.375', '1.125', '0.375']
    assert float(table['B&B', 'noise'][4]) <= 2.5 <= float(table['B&B', 'noise'][5])


def test_per_image_csv(comparison):
    header, *rows = csv.reader(io.StringIO(tables.to_per_image_csv(comparison)))
    assert header == ['method', 'scenario', 'stem', 'QMI/clean', 'NABF/clean']
    assert rows[1] == ['A_1', 'noise', '1', '2', '0.1'] and rows[5] == ['C', 'noise', '1', '', '0.3']


def test_full_precision_survives_csv():
    c = Comparison([result('A', '', [0.1 + 0.2], 1 / 3)], Settings(('QMI', 'NABF')), 0)
    row = list(csv.reader(io.StringIO(tables.to_per_image_csv(c))))[1]
    assert [float(x) for x in row[3:]] == [0.1 + 0.2, 1 / 3]


def test_the_table_of_the_terminal(comparison):
    shown = text(tables.to_rich(comparison, 'noise', 2))
    assert 'noise: variant yuliu, measured against the clean sources' in shown
    assert '/clean' in shown and 'B&B' in shown and '2.50 ±' in shown and '0.50 (1*)' in shown
    table = tables.to_rich(comparison, 'noise', 2).renderables[1]
    bold = [cell for cell in table.columns[1].cells if str(cell).startswith('[bold]')]
    assert bold and '2.50' in bold[0]
    assert 'C' not in [line[2:3] for line in text(tables.to_rich(comparison, 'blur', 2)).splitlines()]


def test_the_table_of_weaker_halves(comparison):
    shown = text(tables.to_rich_halves(comparison, 'noise', 3))
    assert 'QMI/clean' in shown and 'NABF' not in shown and '0.375' in shown and '2.250' in shown
    c = Comparison([MethodResult('A', '', scores={'1': {'EN': Score(7.)}})], Settings(('EN',)), 0)
    assert tables.to_rich_halves(c, '') is None


def test_the_table_of_tests(comparison):
    shown = text(tables.to_rich_tests(comparison, 'noise', 'A_1'))
    assert 'p-value against A_1' in shown and 'B&B' in shown and 'QMI/clean' in shown
    assert tables.to_rich_tests(comparison, 'blur', 'A_1') is None


def test_undefined_means():
    c = Comparison([result('A', '', [math.nan], 0.1)], Settings(('QMI', 'NABF')), 5)
    assert 'undefined (1*)' in tables.to_latex(c)
    assert list(csv.reader(io.StringIO(tables.to_csv(c))))[1][3:7] == ['', '', '', '1']


def test_missing_images_are_shown_and_win_nothing():
    """Without the hardest image B has the better mean, and was bold."""
    c = Comparison([result('A', '', [3, 3, 1], 0.1), result('B', '', [2.5, 2.5], 0.2)], Settings(('QMI', 'NABF')), 0)
    assert r'A & \textbf{2.33} & \textbf{0.10} \\' in tables.to_latex(c, 2)
    lines = tables.to_markdown(c, 1).splitlines()
    assert lines[3] == r'| B | <u>2.5 (1\*)</u> | <u>0.2 (1\*)</u> |'
    assert 'n of 3 images, without a result; best and second: on the images that all' in lines[-1]
    assert '(1*)' in text(tables.to_rich(c, '', 1))
    assert 'best and second' not in tables.to_markdown(Comparison([result('A', '', [1, math.nan], 0.1)],
                                                                  Settings(('QMI', 'NABF')), 0))


def test_a_single_image_has_no_interval():
    c = Comparison([result('A', '', [1], 0.1)], Settings(('QMI', 'NABF')), 50)
    assert '±' not in tables.to_markdown(c, intervals=True).splitlines()[2]


def test_the_table_of_tests_names_the_family(comparison):
    shown = ' '.join(text(tables.to_rich_tests(comparison, 'noise', 'A_1')).split())
    assert 'Holm-adjusted over the methods, each metric and scenario by itself' in shown
