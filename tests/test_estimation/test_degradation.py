import pytest
import torch

from drfuse.degradations import Degradation
from drfuse.estimation import (
    BlurEstimate,
    EstimatedDegradation,
    NoiseEstimate,
    estimate_degradation,
    infer_factor,
)
from drfuse.estimation.degradation import _blur_confidence, _noise_confidence

LEVEL = 1 / 255


@pytest.mark.parametrize(('shape', 'full', 'expected'), [
    ((480, 640), (480, 640), (1, 'partial')), ((240, 320), (480, 640), (2, 'partial')),
    ((76, 130), (301, 517), (4, 'partial')), ((75, 129), (301, 517), (4, 'drop')), ((1, 1), (3, 2), (3, 'partial'))])
def test_factor_from_the_sizes(shape, full, expected):
    assert infer_factor(shape, full) == expected


@pytest.mark.parametrize('shape', [(100, 320), (481, 640), (75, 130)])
def test_sizes_without_a_factor(shape):
    with pytest.raises(ValueError, match='no integer factor reduces 301 x 517 to'):
        infer_factor(shape, (301, 517))


@pytest.mark.parametrize('name', ['camera', 'astronaut'])
@pytest.mark.parametrize('factor', [1, 2])
def test_stages_give_the_sigma_of_the_luminance(name, factor, degrade, request):
    image = request.getfixturevalue(name)[:, :301, :]
    truth = [dict(type='GaussianBlur', sigma=2.0), dict(type='GaussianNoise', sigma=12 * LEVEL),
             dict(type='AveragePool', factor=factor)]
    observed = degrade(image, *truth)
    found = estimate_degradation(observed, (301, 512))
    assert found.factor == factor
    assert found.noise_sigma == pytest.approx(12 * LEVEL, rel=0.12)
    ours, _ = Degradation(found.stages).attach(observed[None], (301, 512))
    known, _ = Degradation(truth).attach(observed[None], (301, 512))
    assert ours.sigma.mean().item() == pytest.approx(known.sigma.mean().item(), rel=0.12)


def test_summary_names_what_was_found():
    found = EstimatedDegradation([], 10 * LEVEL, 2.0, 2, dict(noise='high', blur='medium', factor='high'))
    assert found.summary() == ('Gaussian blur sigma 2.0 px (medium confidence), noise sigma 10.0/255 (high confidence),'
                               ' low resolution 1/2')
    assert EstimatedDegradation().summary() == 'no blur (low confidence), no noise (low confidence)'


def test_boundary_is_checked(camera):
    with pytest.raises(ValueError, match='boundary must be one of'):
        estimate_degradation(camera, (512, 512), boundary='wrap')


@pytest.mark.parametrize('boundary', ['reflect', 'zero'])
def test_blur_comes_first_with_the_boundary_that_was_named(boundary, camera, degrade):
    observed = degrade(camera, dict(type='GaussianBlur', sigma=2.0), dict(type='GaussianNoise', sigma=8 * LEVEL))
    found = estimate_degradation(observed, (512, 512), boundary)
    assert [stage['type'] for stage in found.stages] == ['GaussianBlur', 'GaussianNoise']
    assert found.stages[0] == dict(type='GaussianBlur', sigma=found.blur_sigma, boundary=boundary)
    assert found.blur_sigma == pytest.approx(2.0, abs=0.6)
    assert found.confidence['noise'] == 'high'


def test_nothing_is_found_in_a_clean_photograph(camera, degrade):
    found = estimate_degradation(degrade(camera), (512, 512))
    assert (found.stages, found.noise_sigma, found.blur_sigma, found.factor) == ([], 0, 0, 1)


@pytest.mark.parametrize('level', [0, 5, 20])
def test_clipped_noise_is_told_with_less_confidence(level, degrade):
    image = torch.full((1, 160, 160), level * LEVEL)
    found = estimate_degradation(degrade(image, dict(type='GaussianNoise', sigma=14 * LEVEL)), (160, 160))
    assert found.noise_sigma == pytest.approx(14 * LEVEL, rel=0.1)
    assert found.confidence['noise'] == 'medium'


def test_confidence_falls_with_doubt():
    sharp = [BlurEstimate(0.0, p, 0.0) for p in (0.1, 0.4, 0.6)]
    assert [_blur_confidence(f, 1) for f in sharp] == ['high', 'medium', 'low']
    assert _blur_confidence(BlurEstimate(2.0, 0.99, 0.2), 1) == 'high'
    assert _blur_confidence(BlurEstimate(2.0, 0.99, 0.9), 1) == 'medium'
    assert _blur_confidence(BlurEstimate(2.0, 0.99, 0.2), 2) == 'medium'
    assert _blur_confidence(BlurEstimate(2.0, 0.99, 0.2), 4) == 'low'
    noise = NoiseEstimate(0.02, 5000, 0.01, 'smooth')
    assert [_noise_confidence(noise, f) for f in (1, 2, 4)] == ['high', 'medium', 'low']
    for source in ('dark', 'clipped'):
        assert _noise_confidence(NoiseEstimate(0.02, 5000, 0.01, source), 1) == 'medium'
    assert _noise_confidence(NoiseEstimate(0.02, 100, 0.5, 'smooth'), 1) == 'low'
    assert _noise_confidence(NoiseEstimate(0.0, 0, 1.0, 'none'), 1) == 'low'
