"""The halo is measured: by how far a cut is felt."""

import pytest
import torch
from torch.nn import functional as F

from drfuse.apis.tiling import ROUNDING, Halo, cut_errors, measure_halo
from drfuse.degradations.window import Window
from drfuse.diffusion.output import FusionOutput


def smoother(radius):
    """Return a model that averages over (2 radius + 1)^2 pixels."""
    def run(inputs):
        y = [F.avg_pool2d(o.y, 2 * radius + 1, 1, radius, count_include_pad=False) for o in inputs.values()]
        return FusionOutput(tuple(y), y[0], torch.cat(y, 1))
    return run


@pytest.mark.parametrize('axis', [-2, -1])
def test_the_error_ends_where_the_model_does_not_reach(axis, observe):
    errors = cut_errors(smoother(5), observe('noise'), Window(0, 96, 0, 96), 8, axis)
    assert errors.shape == (48,)
    assert float(errors[4]) > 1e-3 and float(errors[5]) < 1e-6  # pixel 5 is the sixth from the cut
    assert bool((errors.diff() <= 0).all())


def test_the_halo_covers_the_reach_on_multiples(observe):
    halo = measure_halo(smoother(10), observe('noise'), 8, None)
    assert halo.pixels == 16 and halo.is_enough and halo.error < 1e-6 and halo.bound is None


def test_the_halo_is_not_wider_than_the_bound(observe):
    assert measure_halo(smoother(10), observe('noise'), 8, 9) == Halo(9, 9, 0.0)


def test_a_model_that_sees_everything_is_noticed(observe):
    def run(inputs):
        y = [o.y / o.y.mean() for o in inputs.values()]
        return FusionOutput(tuple(y), y[0], torch.cat(y, 1))

    halo = measure_halo(run, observe('noise'), 8, None)
    assert not halo.is_enough and halo.error > 1 / 255 and halo.pixels == 128


@pytest.mark.parametrize(('levels', 'rounding', 'enough'), [
    (0.8, ROUNDING, True), (5.0, ROUNDING, False), (0.8, 0.0, False)])
def test_rounding_far_from_the_cut_does_not_widen_the_halo(observe, levels, rounding, enough):
    def run(inputs):
        output = smoother(10)(inputs)
        shape = output.fused.shape  # a window rounds in its own way
        noise = torch.rand(shape, generator=torch.Generator().manual_seed(shape[-2] * 1000 + shape[-1])) * levels / 255
        return FusionOutput(tuple(x + noise for x in output.sources), output.fused + noise, output.weights)

    halo = measure_halo(run, observe('noise'), 8, 200, rounding)
    assert halo.is_enough is enough and (halo.pixels <= 24) is enough
