"""The rule for bfloat16, and that a model which breaks it is found."""

import importlib.util

import numpy as np
import pytest


@pytest.fixture(scope='module')
def tool(repo_dir):
    path = repo_dir / 'tools/analysis_tools/measure_precision.py'
    spec = importlib.util.spec_from_file_location('measure_precision', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_levels_are_of_255(tool):
    single = np.zeros((10, 100), np.float32)
    half = single.copy()
    half[0, 0] = 2 / 255
    assert tool.errors(single, half) == dict(largest=pytest.approx(2), within_one=0.999)


@pytest.mark.parametrize(('row', 'fine'), [(dict(largest=1.9, within_one=0.9995), True),
                                           (dict(largest=2.1, within_one=1.0), False),
                                           (dict(largest=1.5, within_one=0.998), False)])
def test_both_parts_of_the_rule_count(tool, row, fine):
    assert tool.keeps([dict(largest=0.0, within_one=1.0), row]) is fine
