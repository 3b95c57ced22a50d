"""Missing pixels."""

from unittest import mock

import numpy as np
import pytest
import torch

from drfuse.degradations import Degradation, Mask, RandomMask, fill_holes
from drfuse.testing import check_operator
from drfuse.utils.seed import keyed_generator


def test_random_mask_keeps_its_fraction_and_its_places():
    operator = RandomMask((0.2, 0.8))
    params = [operator.sample_params(keyed_generator(i)) for i in range(3)]
    for p in params:
        kept = operator.bind(p, (64, 64)).forward(torch.ones(1, 1, 64, 64))
        assert kept.mean().item() == pytest.approx(p['keep'].item(), abs=0.03)
        assert torch.equal(kept, operator.bind(p, (64, 64)).forward(torch.ones(1, 1, 64, 64)))


def test_given_mask_fulfils_the_contract(tmp_path):
    kept = (np.arange(240).reshape(16, 15) % 3 > 0).astype(np.uint8)
    np.save(tmp_path / 'm.npy', kept)
    check_operator(Mask(str(tmp_path / 'm.npy')), image_shape=(16, 15))
    assert Mask([[0.0, 2.0]]).bind({}, (1, 2)).forward(torch.full((1, 1, 1, 2), 0.5)).flatten().tolist() == [0, 0.5]


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: RandomMask(1.2), r'keep must be in \[0, 1\], got 1.2'),
        (lambda: RandomMask(0.5).sample_params(None), r'pass a torch\.Generator, or give seed'),
        (lambda: Mask([1, 0]), '2-D mask'),
        (
            lambda: Mask([[1, 0]]).bind({}, (2, 2)).forward(torch.ones(1, 1, 2, 2)),
            r'Mask has size \(1, 2\), the image \(2, 2\)',
        ),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_mask_is_the_same_for_rounded_parameters():
    # data are made in double precision, and A is used in single
    operator = RandomMask(0.3, seed=5)
    params = operator.sample_params(None)
    step = float(params['keep'].float().double() - params['keep'])
    assert step > 0
    draws = torch.tensor([0.3 - step, 0.3 + step / 2, 0.3 + 2 * step], dtype=torch.float64)
    single = {k: v.float() if v.is_floating_point() else v for k, v in params.items()}
    with mock.patch('torch.rand', return_value=draws.view(1, 1, 3)):
        made, used = (operator.mask(p, torch.zeros(1, 1, 1, 3)) for p in (params, single))
    assert torch.equal(made, used)


def test_masks_are_told_apart_without_showing_every_pixel():
    one, other = Mask(np.eye(300)), Mask(1 - np.eye(300))
    assert repr(one) != repr(other)
    assert len(repr(one)) < 200


@pytest.mark.parametrize('before', [[], [dict(type='AveragePool', factor=2)]])
def test_holes_are_filled_wherever_a_mask_is_a_factor(before):
    stages = [*before, dict(type='RandomMask', keep=0.5, seed=2), dict(type='GaussianNoise', sigma=0.05)]
    image = torch.full((1, 1, 16, 18), 0.6)
    observation = Degradation(stages).observe(image, keyed_generator(0))[0]
    filled = fill_holes(observation)
    assert observation.A.pinv(observation.y).min() < 0.3
    assert filled.A.pinv(filled.A.forward(image)).min() > 0.5
    assert filled.sigma.shape == (1, 1, 1, 1) and filled.sigma.item() == pytest.approx(float(observation.sigma.max()))
    assert torch.equal(filled.y, observation.y)
    assert fill_holes(filled).A.operator is filled.A.operator


def test_observations_without_masks_are_left_alone():
    observation = Degradation([dict(type='GaussianBlur', sigma=1.0), dict(type='AveragePool', factor=2)]).observe(
        torch.rand(1, 1, 8, 8, generator=keyed_generator(1)), keyed_generator(0))[0]
    assert fill_holes(observation) is observation
    own = Degradation([dict(type='RandomMask', keep=0.5, seed=1, pinv_solver=dict(type='CGPinv'))])
    observation = own.observe(torch.rand(1, 1, 8, 8, generator=keyed_generator(1)), keyed_generator(0))[0]
    assert fill_holes(observation) is observation  # the user's choice stays
