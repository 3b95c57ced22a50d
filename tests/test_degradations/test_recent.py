"""Equal operators share what they keep; others do not."""

import torch

from drfuse.degradations import Degradation
from drfuse.degradations.recent import RecentOperators


def observation(sigma=2.0, noise=0.03, size=(32, 40)):
    stages = [dict(type='GaussianBlur', sigma=sigma), dict(type='GaussianNoise', sigma=noise)]
    return Degradation(stages).attach(torch.rand(1, 1, *size), size)[0]


def test_equal_operators_become_one_and_images_stay():
    recent, first, second = RecentOperators(), observation(), observation()
    a, b = recent(dict(x=first))['x'], recent(dict(x=second))['x']
    assert a.A is b.A and b.y is second.y
    torch.testing.assert_close(b.A.pinv(b.y), second.A.pinv(second.y))


def test_other_parameters_sizes_and_noise_do_not():
    recent = RecentOperators()
    operators = [recent(dict(x=o))['x'].A for o in
                 (observation(), observation(sigma=1.0), observation(noise=0.2), observation(size=(33, 40)))]
    assert len({id(A) for A in operators}) == 4


def test_the_oldest_is_forgotten():
    recent, first = RecentOperators(1), observation()
    recent(dict(x=first))
    recent(dict(x=observation(sigma=1.0)))
    assert recent(dict(x=observation()))['x'].A is not first.A
