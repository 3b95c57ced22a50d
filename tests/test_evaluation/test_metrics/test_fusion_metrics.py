import math

import pytest
import torch

from drfuse.evaluation.functional import PAPER_METRICS, Score, measure
from drfuse.evaluation.metrics.fusion_metrics import flatten_scores
from drfuse.registry import METRICS
from drfuse.structures import FusionDataSample


def as_sample(fused, sources, stem='1'):
    data = FusionDataSample(metainfo=dict(stem=stem, modalities=('ir', 'vis')))
    data.pred_fused = torch.from_numpy(fused)[None].float() / 255
    data.gt_sources = torch.stack([torch.from_numpy(s).float() / 255 for s in sources])
    return data.to_dict()


def evaluate(config, *samples):
    metric = METRICS.build(config)
    metric.process(None, samples)
    return metric.evaluate(len(samples))


def test_the_six_are_those_of_the_functions(trio):
    metrics = evaluate(dict(type='FusionMetrics', halves=False), as_sample(*trio))
    assert metrics == {f'{name}/clean': score.value for name, score in measure(*trio, workers=1).items()}
    assert list(metrics) == [f'{name}/clean' for name in PAPER_METRICS]


@pytest.mark.parametrize('name', PAPER_METRICS)
def test_each_of_the_six_alone(trio, name):
    score = measure(*trio, [name], 'zliu', workers=1)[name]
    metrics = evaluate(dict(type=name, variant='zliu', workers=1), as_sample(*trio))
    assert metrics[f'{name}/clean'] == score.value
    assert (f'{name}_min/clean' in metrics) == bool(score.halves)


def test_halves_and_the_weaker_one():
    scores = {'QMI': Score(1., (0.7, 0.3)), 'QCV': Score(5., (1., 4.)), 'QP': Score(0.2)}
    assert flatten_scores(scores) == {'QMI': 1, 'QMI_a': 0.7, 'QMI_b': 0.3, 'QMI_min': 0.3, 'QCV': 5, 'QCV_a': 1,
                                      'QCV_b': 4, 'QCV_max': 4, 'QP': 0.2}


def test_images_too_small_for_a_window_are_counted(trio):
    fused, sources = trio
    small = as_sample(fused[:9, :9], [s[:9, :9] for s in sources], '2')
    metrics = evaluate(dict(type='FusionMetrics', metrics=['QW', 'EN'], variant='zliu'), as_sample(*trio), small)
    assert metrics['QW/clean/undefined'] == 1 and math.isfinite(metrics['QW/clean'])
    assert 'EN/clean/undefined' not in metrics


def test_mistakes_in_a_config():
    with pytest.raises(ValueError, match="unknown metric 'QQ'"):
        METRICS.build(dict(type='FusionMetrics', metrics=['QQ']))
    with pytest.raises(ValueError, match=r"variant must be one of \('yuliu', 'zliu'\), got 'x'"):
        METRICS.build(dict(type='QP', variant='x'))
