"""Blocks of a graph that say when a degradation is none."""

import pytest
import torch

from drfuse.export.blocks import Finish, Setup

from .support import build


@pytest.mark.parametrize(('sigma', 'factor', 'valid'), [(0.1, 4, True), (0.0, 1, True), (-0.1, 1, False),
                                                        (0.1, 3, False), (0.1, 0, False)])
def test_setup_tells_what_is_no_degradation(sigma, factor, valid):
    setup = Setup(build().sampler)
    image = torch.rand(1, 1, 40, 33)
    found = setup(image, torch.ones(1, 1), torch.full_like(image, sigma), torch.tensor(factor or 32))
    assert bool(found[0]) is valid


def test_finish_refuses_by_numbers_that_are_none():
    image, yes, no = torch.rand(1, 1, 4, 4), torch.tensor(True), torch.tensor(False)
    assert all(torch.equal(x, image) for x in Finish()(image, image, image, image, yes, yes))
    assert all(x.isnan().all() for x in Finish()(image, image, image, image, yes, no))
