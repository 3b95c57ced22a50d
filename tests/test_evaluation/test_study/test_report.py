import pytest

from drfuse.evaluation.functional import PAPER_METRICS
from drfuse.evaluation.study.report import ALL, page

FACTS = dict(study='x', about='Two things.', machine='a machine', date='2026-01-01', minutes=4.0, batch=4, crop=96,
             amp=True, base='light/ivf.py', seeds=[0, 1], images=7, pairs='splits/p.txt', workers=2, size=[768, 1024],
             scenarios=['noise', 'blur'], threads=2, timed='blur')


def variant(*levels, **costs):
    """Return a variant that has these PSNR in its seeds, and a little more where there is blur."""
    runs = {str(seed): dict(minutes=4.0, scenarios={
        name: dict(sources=dict(ir=dict(PSNR=level + more), vis=dict(PSNR=30.0)),
                   fused=dict.fromkeys(PAPER_METRICS, level / 100))
        for name, more in (('noise', 0), ('blur', 2))}) for seed, level in enumerate(levels)}
    return dict(dict(parameters_m=0.5, gflop_per_step=28.0, seconds_per_iteration=0.25, iterations=960, step_ms=500.0,
                     whole_ms=2000.0), runs=runs, **costs)


def section(text, title):
    return text.split(f'### {title}\n\n')[1].split('\n\n')[0].splitlines()


def test_rows_are_means_and_deviations_over_seeds():
    text = page(dict(facts=FACTS, variants=dict(a=variant(20.0, 22.0), b=variant(21.0, 22.0))))
    head, _, first, second = section(text, 'noise')
    assert head == '| variant | PSNR ir | PSNR vis | QMI | QNCIE | QABF | QP | QCB | QW |'
    assert first.startswith('| a | 21.00 ± 1.41 | 30.00 ± 0.00 | 0.2100 ± 0.0141 |')
    assert second.startswith('| b | 21.50 ± 0.71 |')
    assert '| a | 22.00 ± 1.41 |' in section(text, ALL)[2]
    assert '| a | 0.50 | 28.0 | 0.250 | 960 | 4.00 | 500 | 2,000 |' in text


def test_a_time_that_was_not_kept_is_told():
    late = variant(20.0)
    late['runs']['0']['minutes'] = 4.5
    text = page(dict(facts=dict(FACTS, seeds=[0]), variants=dict(a=variant(20.0), b=late)))
    assert 'off by more than 10%: b.' in text
    assert 'off by more than 10%: none.' in page(dict(facts=FACTS, variants=dict(a=variant(20.0, 21.0))))


def test_differences_are_paired_by_seed():
    text = page(dict(facts=FACTS, variants=dict(a=variant(20.0, 22.0), b=variant(21.0, 22.0))))
    (row,) = section(text, 'blur: minus a')[2:]
    assert row.startswith('| b | +0.50 ± 0.71 (1/2) | +0.00 ± 0.00 (0/2) | +0.0050 ± 0.0071 (1/2) |')


@pytest.mark.parametrize('names', [['a'], ['a', 'b', 'c']])
def test_one_seed_has_no_deviation_and_one_variant_no_differences(names):
    facts = dict(FACTS, seeds=[0], scenarios=['noise'])
    text = page(dict(facts=facts, variants={name: variant(20.0) for name in names}))
    assert section(text, 'noise')[2].startswith('| a | 20.00 | 30.00 | 0.2000 |')
    assert ('## Differences from a' in text) is (len(names) > 1) and ALL not in text


def test_what_is_undefined_is_called_so():
    broken = variant(20.0)
    broken['runs']['0']['scenarios']['noise']['fused']['QW'] = float('nan')
    text = page(dict(facts=dict(FACTS, seeds=[0]), variants=dict(a=broken)))
    assert section(text, 'noise')[2].endswith('| undefined |')
