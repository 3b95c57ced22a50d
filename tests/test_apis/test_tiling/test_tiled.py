"""Tiles against the whole picture, with real degradations; running out of memory."""

import math

import pytest
import torch

from drfuse.apis.tiling import TilePlan, TileRunner, fuse_tiled, measure_halo
from drfuse.apis.tiling.halo import TOLERANCE
from drfuse.degradations.window import Window
from drfuse.diffusion.output import FusionOutput
from drfuse.utils.config import UserError


def images(output):
    return (*output.sources, output.fused, output.weights)


@pytest.mark.parametrize('name', ['noise', 'blur', 'composite'])
def test_seams_are_below_one_level(name, light_model, run_light, observe):
    inputs = observe(name)
    bound = light_model.sampler.reach(light_model.backbone, list(inputs.values()))
    halo = measure_halo(run_light, inputs, 8, bound)
    assert halo.is_enough and halo.pixels < 128 < bound
    whole = run_light(inputs)
    plan = TilePlan((256, 328), 112, halo.pixels, 8)
    assert len(plan.tiles()) == 9
    tiled = fuse_tiled(run_light, inputs, plan)
    gaps = [float((a.clamp(0, 1) - b.clamp(0, 1)).abs().max()) for a, b in
            zip(images(whole), images(tiled), strict=True)]
    assert max(gaps) < 1 / 255, gaps
    start = inputs['vis'].A.pinv(inputs['vis'].y)
    assert float((whole.sources[1] - start).abs().mean()) > 1 / 255  # the network does something
    bare = fuse_tiled(run_light, inputs, TilePlan((256, 328), 112, 0, 8))
    assert float((whole.fused - bare.fused).abs().max()) > 4 * TOLERANCE  # and a halo is needed


def test_within_the_bound_nothing_is_felt(light_model, run_light, observe):
    inputs = observe('noise')
    bound = light_model.sampler.reach(light_model.backbone, list(inputs.values()))
    window = Window(0, 256, 0, -(-bound // 8) * 8 + 16)
    runner = TileRunner(run_light, inputs, TilePlan((256, 328), 328, bound, 8))
    part, whole = runner(Window(0, 256, 0, 16)), run_light(inputs)
    assert window.right < 328
    for a, b in zip(images(part), images(whole), strict=True):
        torch.testing.assert_close(a, b[..., :16], rtol=0, atol=2e-6)


def copy_inputs(inputs):
    """Stands for a model without reach."""
    y = [o.y for o in inputs.values()]
    return FusionOutput(tuple(y), y[0] + y[1], torch.cat(y, 1))


def test_blending_gives_back_what_it_is_given(observe):
    inputs, calls = observe('noise'), []
    result = fuse_tiled(copy_inputs, inputs, TilePlan((256, 328), 64, 16, 8), lambda *done: calls.append(done))
    for a, b in zip(images(result), images(copy_inputs(inputs)), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-6)
    assert calls == [(i, 24) for i in range(1, 25)]


class Scarce:
    """Runs out of memory for windows above some size."""

    def __init__(self, pixels, error):
        self.pixels, self.error, self.refused, self.done = pixels, error, 0, []

    def __call__(self, inputs):
        pixels = math.prod(inputs['ir'].A.image_shape)
        if pixels > self.pixels:
            self.refused += 1
            raise self.error
        self.done.append(pixels)
        return copy_inputs(inputs)


@pytest.mark.parametrize('error', [MemoryError(), torch.OutOfMemoryError('CUDA out of memory'),
                                   RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 4 bytes")])
def test_smaller_windows_where_memory_runs_out(error, observe):
    inputs, run = observe('noise'), Scarce(20000, error)
    result = fuse_tiled(run, inputs, TilePlan((256, 328), 128, 16, 8))
    for a, b in zip(images(result), images(copy_inputs(inputs)), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-6)
    assert run.refused == 1  # then it knows
    assert max(run.done) <= 20000


def test_too_little_memory_is_said_in_one_line(observe):
    with pytest.raises(UserError, match='not enough memory for a window of .* the smallest that can be computed alone'):
        fuse_tiled(Scarce(100, MemoryError()), observe('noise'), TilePlan((256, 328), 128, 16, 8))


def test_other_errors_are_not_taken_for_it(observe):
    with pytest.raises(RuntimeError, match='shapes differ'):
        fuse_tiled(Scarce(0, RuntimeError('shapes differ')), observe('noise'), TilePlan((256, 328), 128, 16, 8))
