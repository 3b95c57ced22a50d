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


@pytest.mark.parametrize(('taps', 'factor', 'smooth', 'expected'), [
    (1, 4, True, True), (1, 1, True, False), (3, 4, True, False), (1, 4, False, False)])
def test_cells_are_interpolated_without_a_blur_alone(taps, factor, smooth, expected):
    setup = Setup(build(smooth_cells=smooth).sampler)
    image = torch.rand(1, 1, 40, 33)
    found = setup(image, torch.full((taps, taps), 1 / taps**2), torch.zeros_like(image), torch.tensor(factor))
    assert bool(found[1]) is expected


def test_finish_refuses_by_numbers_that_are_none():
    image, yes, no = torch.rand(1, 1, 4, 4), torch.tensor(True), torch.tensor(False)
    assert all(torch.equal(x, image) for x in Finish()(image, image, image, image, yes, yes))
    assert all(x.isnan().all() for x in Finish()(image, image, image, image, yes, no))
