"""A restored picture, degraded again, gives the file, or what was told is wrong."""

import pytest
import torch

from drfuse.apis import fit
from drfuse.apis.fit import LIMIT, doubted, measure_misfit
from drfuse.degradations import Degradation


def observed(sigma, noise, size=(96, 128), told=None, boundary='reflect', factor=1):
    """Return a clean image, and its observation, which says ``told`` of the blur."""
    stages = [[dict(type='GaussianBlur', sigma=s, kernel_size=21, boundary=boundary)] for s in (sigma, told or sigma)]
    rest = [dict(type='GaussianNoise', sigma=noise), *[dict(type='AveragePool', factor=factor)] * (factor > 1)]
    true, told = (Degradation([*stage, *rest]) for stage in stages)
    clean = torch.rand(1, 1, *size, generator=torch.Generator().manual_seed(0))
    image = true.degrade(clean, true.sample_params(), torch.Generator().manual_seed(1))
    return clean, told.attach(image, size)[0]


@pytest.mark.parametrize('noise', [0.0, 0.03, 0.1])
def test_the_truth_misses_by_the_noise(noise):
    clean, observation = observed(2.0, noise)
    found = measure_misfit(observation, clean)
    assert found.found == pytest.approx(noise, rel=0.05, abs=1e-6) and found.ratio < 1.05


def test_a_sharp_picture_that_is_told_to_be_blurred_is_doubted():
    clean, observation = observed(0.3, 0.01, told=2.0)
    found = measure_misfit(observation, observation.A.pinv(observation.y))
    assert found.is_worth_a_warning and found.ratio > LIMIT
    assert measure_misfit(observation, clean).ratio > LIMIT


@pytest.mark.parametrize(('boundary', 'factor'), [('reflect', 1), ('reflect', 4), ('circular', 1)])
def test_the_middle_of_a_large_picture_speaks_for_it(monkeypatch, boundary, factor):
    clean, observation = observed(1.5, 0.05, (160, 192), boundary=boundary, factor=factor)
    whole = measure_misfit(observation, clean)
    monkeypatch.setattr(fit, 'LARGEST', 96 * 96)
    middle = measure_misfit(observation, clean)
    assert middle.found == pytest.approx(whole.found, rel=0.12) and middle.explained == whole.explained
    assert (middle == whole) is (boundary == 'circular')  # that one sees the whole picture


def test_the_report_names_the_file_and_what_was_told():
    clean, wrong = observed(0.3, 0.01, told=2.0)
    right = observed(2.0, 0.01)[1]
    entries = {name: dict(source=f'{name}.png', text='a blur') for name in ('ir', 'vis')}
    found, texts = doubted(entries, dict(ir=right, vis=wrong), dict(ir=clean[0], vis=clean[0]))
    (text,) = texts
    assert text.startswith('vis.png does not look as if it was degraded by a blur: ')
    assert found['ir']['misfit'] < 1.1 < LIMIT < found['vis']['misfit'] and 'misfit' not in entries['vis']
