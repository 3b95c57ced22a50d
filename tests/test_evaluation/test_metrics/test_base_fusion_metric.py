import math

import pytest
import torch

from drfuse.evaluation.metrics import FusionMetric
from drfuse.registry import METRICS
from drfuse.structures import FusionDataSample


def sample(stem='1', nan=False):
    x = torch.rand(2, 12, 14, generator=torch.Generator().manual_seed(3))
    data = FusionDataSample(metainfo=dict(stem=stem, modalities=('ir', 'vis')))
    data.pred_fused = x[:1] * (torch.nan if nan else 1)
    data.gt_sources, data.observed = x, dict(ir=x[:1, ::2, ::2], vis=x[1:])
    return data.to_dict()


class Brightness(FusionMetric):
    def compute_one(self, fused, sources):
        assert fused.dtype == 'uint8' and [s.shape for s in sources] == [(12, 14)] * 2
        return float(fused.mean())


class Two(FusionMetric):
    names = ('low', 'high')

    def compute_one(self, fused, sources):
        return {'low': fused.min(), 'high': fused.max()}


@pytest.mark.parametrize('against', ['clean', 'observed'])
def test_names_say_what_was_measured_against(against):
    metric = Brightness(against=against)
    metric.process(None, [sample()])
    assert set(metric.evaluate(1)) == {f'Brightness/{against}'}


def test_several_values_and_nan_predictions():
    metric = Two()
    metric.process(None, [sample('1'), sample('2', nan=True)])
    metrics = metric.evaluate(2)
    assert metrics['low/clean/undefined'] == metrics['high/clean/undefined'] == 1
    assert math.isfinite(metrics['low/clean']) and math.isnan(metric.per_image['2']['high/clean'])


def test_a_third_party_registers_one_class():
    METRICS.register_module(name='BrightnessOfTest', module=Brightness)
    try:
        assert METRICS.build(dict(type='BrightnessOfTest')).higher_is_better
    finally:
        METRICS.module_dict.pop('BrightnessOfTest')


def test_against_is_checked():
    with pytest.raises(ValueError, match="against must be one of .* got 'truth'"):
        Brightness(against='truth')
