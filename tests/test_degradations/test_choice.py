"""Random structure is settled once, by the batch's generator."""

import pytest
import torch

from drfuse.degradations import AveragePool, Compose, Degradation, GaussianNoise, Identity, OneOf
from drfuse.utils.seed import keyed_generator

STAGES = [dict(type='Identity'), dict(type='AveragePool', factor=2), [dict(type='AveragePool', factor=3)], []]


def test_every_stage_is_drawn_and_odds_count():
    one_of = OneOf(STAGES, weights=[1, 1, 1, 0])
    drawn = [type(one_of.resolve(keyed_generator(i))) for i in range(60)]
    assert {Identity, AveragePool, Compose} == set(drawn)
    assert all(isinstance(OneOf(STAGES, [0, 0, 0, 1]).resolve(keyed_generator(i)), Identity) for i in range(5))


def test_same_generator_same_structure_also_when_nested():
    degradation = Degradation([dict(type='OneOf', stages=[dict(type='OneOf', stages=STAGES), *STAGES])])
    a, b = (degradation.resolve(keyed_generator('batch', 3)) for _ in range(2))
    assert repr(a) == repr(b)
    assert not any(isinstance(stage, OneOf) for stage in a.stages)


def test_a_whole_recipe_is_one_alternative_and_acts_as_if_it_were_alone():
    noise = dict(type='OneOf', stages=[dict(type='GaussianNoise', sigma=0.1)])
    recipe = [dict(type='AveragePool', factor=2), dict(type='Floor'), noise, dict(type='Floor')]
    chosen = Degradation([dict(type='OneOf', stages=[[], recipe], weights=[0, 1])]).resolve(keyed_generator(0))
    alone = Degradation(recipe).resolve(keyed_generator(0))
    assert repr(chosen) == repr(alone)
    image = torch.rand(1, 3, 8, 8, generator=keyed_generator('image'))
    (a, chroma_a), (b, chroma_b) = (d.observe(image, keyed_generator('noise')) for d in (chosen, alone))
    assert a.y.shape == (1, 1, 4, 4) and torch.equal(a.y, b.y) and torch.equal(chroma_a, chroma_b)
    assert torch.equal(a.sigma, b.sigma) and a.sigma.max() > 0


@pytest.mark.parametrize(
    ('make', 'error', 'message'),
    [
        (lambda: OneOf([]), ValueError, 'at least one stage'),
        (lambda: OneOf(STAGES, [1, 2]), ValueError, 'OneOf needs 4 weights'),
        (lambda: OneOf([[GaussianNoise(0.1)]]).resolve(keyed_generator(0)).degrade(torch.zeros(1, 1, 4, 4), {}, None),
         RuntimeError, 'inside a Degradation only'),
        (lambda: OneOf(STAGES).resolve(None), ValueError, r'pass a torch\.Generator'),
        (lambda: OneOf(STAGES).degrade(None, {}, None), RuntimeError, 'has not been resolved'),
        (lambda: Degradation([OneOf(STAGES)]).attach(torch.zeros(1, 1, 4, 4), (4, 4)), RuntimeError, 'not been'),
    ],
)
def test_misuse(make, error, message):
    with pytest.raises(error, match=message):
        make()
