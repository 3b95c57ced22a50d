import math

import pytest
import torch

from drfuse.registry import METRICS
from drfuse.structures import FusionDataSample


def as_sample(pred, gt, **meta):
    data = FusionDataSample(metainfo=dict(stem='1', **meta))
    data.pred_sources = pred
    if gt is not None:
        data.gt_sources = gt
    return data.to_dict()


def evaluate(name, *samples):
    metric = METRICS.build(dict(type=name))
    metric.process(None, samples)
    return metric.evaluate(len(samples))


def clean():
    return torch.randint(0, 200, (2, 24, 28), generator=torch.Generator().manual_seed(0)) / 255


def test_psnr_per_modality_on_eight_bits():
    gt = clean()
    pred = torch.stack([gt[0] + 10.3 / 255, gt[1]])  # 10.3 levels become 10
    metrics = evaluate('PSNR', as_sample(pred, gt, modalities=('ir', 'vis')))
    assert metrics['PSNR/ir'] == pytest.approx(20 * math.log10(255 / 10), abs=1e-9)
    assert metrics['PSNR/vis'] == 100
    assert metrics['PSNR/mean'] == pytest.approx((metrics['PSNR/ir'] + 100) / 2)


def test_the_mean_is_over_decibels_of_images():
    gt = clean()
    samples = [as_sample(gt + shift / 255, gt) for shift in (1, 10)]
    samples[1]['stem'] = '2'
    assert evaluate('PSNR', *samples)['PSNR/0'] == pytest.approx(20 * math.log10(255) - 10)


def test_predictions_are_clamped():
    gt = torch.ones(1, 20, 20)
    assert evaluate('PSNR', as_sample(gt + 0.5, gt))['PSNR/0'] == 100
    assert evaluate('SSIM', as_sample(gt + 0.5, gt)) == {'SSIM/0': 1, 'SSIM/mean': 1}


def test_nan_is_undefined():
    gt = clean()
    pred = torch.stack([gt[0] * torch.nan, gt[1]])
    metrics = evaluate('SSIM', as_sample(pred, gt, modalities=('ir', 'vis')))
    assert math.isnan(metrics['SSIM/ir']) and metrics['SSIM/ir/undefined'] == 1 and metrics['SSIM/vis'] == 1


def test_missing_labels_are_told():
    with pytest.raises(ValueError, match='PSNR needs gt_sources in the data samples'):
        evaluate('PSNR', as_sample(clean(), None))


def test_an_image_too_small_for_a_window_ends_nothing():
    gt = clean()
    metrics = evaluate('SSIM', as_sample(gt, gt, modalities=('ir', 'vis')),
                       dict(as_sample(gt[:, :8], gt[:, :8], modalities=('ir', 'vis')), stem='2'))
    assert metrics['SSIM/ir'] == 1 and metrics['SSIM/ir/undefined'] == 1
