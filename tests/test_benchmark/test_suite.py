"""The suite measures everything that the page shows, at once or part by part."""

import pytest

from drfuse.benchmark import suite
from drfuse.benchmark.measures import BASE
from drfuse.benchmark.page import measured_text
from drfuse.benchmark.suite import PARTS, QUICK, Part, compared, run_suite
from drfuse.utils.config import UserError


@pytest.fixture
def parts(monkeypatch):
    """Two parts that take no time."""
    times = iter(([4.0, 8.0], [6.0]))
    pipeline = Part('pipes', lambda bench: dict(precision='float32', times={BASE: next(times), 'light default': [2.0]}))
    monkeypatch.setattr(suite, 'PARTS', dict(start=Part('starts', lambda bench: dict(import_s=0.5)), pipeline=pipeline))


def test_parts_are_measured_one_by_one(parts):
    told = []
    first = run_suite(QUICK, told.append, ['pipeline'])
    both = run_suite(QUICK, told.append, ['start'], first)
    assert told == ['pipes', 'starts'] and sorted(both['dates']) == ['pipeline', 'start']
    assert both['speedup_vs_paper_unet'] == first['speedup_vs_paper_unet'] == 3
    assert both['start'] == dict(import_s=0.5)


def test_times_of_the_pipelines_are_added(parts):
    first = run_suite(QUICK, str, ['pipeline'])
    more = run_suite(QUICK, str, ['pipeline'], first, add=True)
    assert more['pipeline']['times'] == {BASE: [4.0, 8.0, 6.0], 'light default': [2.0, 2.0]}
    with pytest.raises(UserError, match='of precision bfloat16, these of float32'):
        compared(first['pipeline'], dict(first['pipeline'], precision='bfloat16'))


def test_only_what_can_be_compared_is_joined(parts):
    first = run_suite(QUICK, str, ['start'])
    with pytest.raises(UserError, match='no part growth; allowed are start, pipeline'):
        run_suite(QUICK, str, ['growth'])
    with pytest.raises(UserError, match='measured with processor other'):
        run_suite(QUICK, str, ['start'], dict(first, machine=dict(first['machine'], processor='other')))
    with pytest.raises(UserError, match=r'measured at \[192, 256\]'):
        run_suite(QUICK._replace(size=(96, 128)), str, ['start'], first)


@pytest.mark.slow
def test_a_quick_run_fills_the_page():
    told = []
    result = run_suite(QUICK._replace(repeats=1, size=(96, 128)), told.append)
    assert result['speedup_vs_paper_unet'] == result['pipeline']['speedups']['light default'] > 1
    assert result['stages']['float32']['shares']['network'] > 0
    assert result['memory']['fuse_peak_mib'] > result['memory']['import_peak_mib'] > 50
    assert 0 < result['roofline']['networks']['light float32']['share'] < 1.5
    assert measured_text(result).count('Measured') == len(told) == len(PARTS)
