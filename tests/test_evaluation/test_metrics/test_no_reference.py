import math
import sys
from types import SimpleNamespace

import pytest
import torch

from drfuse.registry import METRICS


@pytest.fixture
def pyiqa(monkeypatch):
    """Stand in for pyiqa: a "metric" that returns the mean of what it was given."""
    seen = []

    def create_metric(name, device):
        def metric(batch):
            seen.append((name, device, tuple(batch.shape), batch.max().item()))
            return batch.mean()
        return metric

    monkeypatch.setitem(sys.modules, 'pyiqa', SimpleNamespace(create_metric=create_metric))
    return seen


def sample(value=0.5):
    return dict(stem='1', pred_fused=torch.full((1, 8, 9), value))


def test_pyiqa_gets_the_saved_luminance(pyiqa):
    metric = METRICS.build(dict(type='NoReference', metrics=['niqe', 'brisque']))
    metric.process(None, [sample()])
    assert metric.evaluate(1) == {'niqe': pytest.approx(128 / 255), 'brisque': pytest.approx(128 / 255)}
    assert pyiqa[0] == ('niqe', 'cpu', (1, 3, 8, 9), pytest.approx(128 / 255))


def test_nan_is_undefined(pyiqa):
    metric = METRICS.build(dict(type='NoReference'))
    metric.process(None, [sample(math.nan)])
    metrics = metric.evaluate(1)
    assert metrics['niqe/undefined'] == 1 and not pyiqa


def test_without_pyiqa_the_command_that_installs_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, 'pyiqa', None)
    with pytest.raises(ImportError, match=r'^no-reference metrics need pyiqa .*: pip install pyiqa$'):
        METRICS.build(dict(type='NoReference'))
