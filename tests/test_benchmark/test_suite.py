"""The suite measures everything that the page shows."""

import pytest

from drfuse.benchmark.page import measured_text
from drfuse.benchmark.suite import QUICK, run_suite


@pytest.mark.slow
def test_a_quick_run_fills_the_page():
    told = []
    result = run_suite(QUICK._replace(repeats=1, size=(96, 128)), told.append)
    assert result['speedup_vs_paper_unet'] == result['pipeline']['speedups']['light default'] > 1
    assert result['pipeline']['correction_share']['network'] > 0
    assert result['memory']['fuse_peak_mib'] > result['memory']['import_peak_mib'] > 50
    assert measured_text(result) and len(told) == 6
