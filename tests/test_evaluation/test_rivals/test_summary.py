import math

from drfuse.evaluation.functional import PAPER_METRICS
from drfuse.evaluation.rivals.summary import (
    HALVES,
    Row,
    ScenarioResult,
    fusion_table,
    means,
    restoration_table,
    verdict_lines,
)


def row(name, kind, values, halves=0.1):
    return Row(name, kind, {**dict(zip(PAPER_METRICS, values, strict=True)), **dict.fromkeys(HALVES, halves)})


def result():
    rows = [row('ours', 'ours', [5, 5, 5, 5, 1, 1], halves=0.3),
            row('best rival + maximum', 'rival', [4, 4, 4, 6, 0, 0]),
            row('best rival + laplacian_pyramid', 'rival', [6, 6, 6, 4, 2, 2], halves=0.2),
            row('best rival + copy_first', 'copy', [9, 9, 9, 9, 9, 9])]
    sources = dict(ours=dict(ir=dict(PSNR=31.0, SSIM=0.9)), rival=dict(ir=dict(PSNR=30.5, SSIM=0.88)))
    return ScenarioResult('noise', rows, sources)


def test_counting():
    found = result()
    verdict = found.verdict(found.rows[0])
    assert verdict['pairwise'] == {'best rival + maximum': 5, 'best rival + laplacian_pyramid': 1}
    assert verdict['best'] == 0 and not verdict['pairwise_ok'] and not verdict['best_ok']
    assert verdict['halves_ok'] and math.isclose(verdict['halves']['QABF_min'], 0.1)


def test_copies_do_not_count_and_ties_are_no_wins():
    ours = row('ours', 'ours', [5] * 6)
    found = ScenarioResult('clean', [ours, row('r + laplacian_pyramid', 'rival', [4, 4, 4, 5, 5, 5], halves=0.4),
                                     row('c', 'copy', [9] * 6)])
    verdict = found.verdict(ours)
    assert verdict['best'] == 3 and verdict['best_ok'] and not verdict['pairwise_ok'] and not verdict['halves_ok']


def test_means_leave_undefined_values_out():
    assert means([dict(a=1.0, b=2.0), dict(a=math.nan, b=4.0)]) == dict(a=1.0, b=3.0)


def test_tables():
    lines = fusion_table(result())
    assert lines[2].startswith('| ours | 5.0000 |') and '**0.3000**' in lines[2]
    assert lines[4].startswith('| best rival + laplacian_pyramid | **6.0000** |')
    assert lines[5].startswith('| *best rival + copy_first* | 9.0000 |')  # never bold
    assert restoration_table([result()])[2] == '| noise | ir | 31.00 / 0.900 | 30.50 / 0.880 |'
    (line,) = verdict_lines(result())
    assert '5/6 against best rival + maximum' in line and 'best of all on 0/6' in line and 'QABF +0.1000' in line
