import pytest
import torch

from drfuse.datasets.sample_rng import SampleKey
from drfuse.datasets.transforms import RandomTone


def test_each_modality_gets_its_own_tone(results):
    made = results()
    before = {k: v.clone() for k, v in made['images'].items()}
    after = RandomTone(gain=(0.5, 1.0), gamma=(0.5, 2.0))(made)['images']
    ratio = {k: (after[k].mean() / before[k].mean()).item() for k in after}
    assert ratio['ir'] != pytest.approx(ratio['vis'], rel=1e-3)
    assert all(image.min() >= 0 and image.max() <= 1 for image in after.values())


def test_fixed_tone_and_named_modality(results):
    made = results()
    before = {k: v.clone() for k, v in made['images'].items()}
    after = RandomTone(gain=0.5, gamma=2.0, modalities=['ir'])(made)['images']
    torch.testing.assert_close(after['ir'], 0.5 * before['ir'].square())
    assert torch.equal(after['vis'], before['vis'])


def test_inversion(results):
    made = results()
    before = made['images']['ir'].clone()
    torch.testing.assert_close(RandomTone(invert=1.0)(made)['images']['ir'], 1 - before)


def test_probability(results):
    changed = 0
    for index in range(60):
        made = results(key=SampleKey(0, 0, index))
        before = made['images']['ir'].clone()
        changed += not torch.equal(RandomTone(gain=0.5, prob=0.3)(made)['images']['ir'], before)
    assert 8 <= changed <= 30


@pytest.mark.parametrize(('options', 'text'), [
    (dict(gain=-1.0), 'RandomTone gain must be >= 0'),
    (dict(gamma=0.0), 'RandomTone gamma must be >= 0.05'),
    (dict(invert=1.5), r'invert is a probability in \[0, 1\], got 1.5'),
    (dict(prob=-0.1), r'prob is a probability in \[0, 1\], got -0.1'),
])
def test_mistakes_are_named(options, text):
    with pytest.raises(ValueError, match=text):
        RandomTone(**options)


def test_two_steps_draw_independently_and_those_of_other_modalities_as_if_alone(results):
    made, alone = results(), results()
    tone = RandomTone(gain=(0.2, 1.0), modalities=['ir'])
    first = tone(made)['images']['ir'].clone()
    again = tone(dict(results(), steps=made['steps']))['images']['ir']
    assert torch.equal(first, tone(alone)['images']['ir']) and not torch.equal(first, again)
    other = RandomTone(gain=(0.2, 1.0), modalities=['vis'])
    assert torch.equal(other(made)['images']['vis'], other(results())['images']['vis'])
