import pytest

from drfuse.degradations import Degradation
from drfuse.estimation import EstimatedDegradation, estimate_degradation, infer_factor

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
