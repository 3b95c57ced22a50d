"""Whole where it fits, tiles where it does not, and a word where tiles cannot be right."""

import pytest
import torch

from drfuse.apis.tiling import auto, check_tile, fuse_any_size
from drfuse.utils.config import UserError

from .models import random_model


@pytest.fixture
def budget(monkeypatch):
    def limit(pixels):
        monkeypatch.setattr(auto, 'window_budget', lambda *rest: pixels)
    return limit


def test_what_fits_is_computed_whole(light_model, run_light, observe, budget):
    budget(256 * 328)
    inputs = observe('noise')
    output, report = fuse_any_size(run_light, inputs, light_model)
    assert report.as_dict() == dict(tiles=1, side=0, halo=0, error=0.0)
    assert torch.equal(output.fused, run_light(inputs).fused)


def test_what_does_not_fit_is_computed_in_tiles(light_model, run_light, observe, budget):
    budget(160 * 160)
    inputs, sizes = observe('composite'), []

    def run(parts):
        sizes.append(parts['vis'].y.shape[-2] * parts['vis'].y.shape[-1])
        return run_light(parts)

    output, report = fuse_any_size(run, inputs, light_model)
    assert report.tiles > 4 and report.warnings == [] and report.error < 0.25 / 255
    assert max(sizes[4:]) <= 160 * 160  # the first four measure the halo
    assert float((output.fused - run_light(inputs).fused).abs().max()) < 1 / 255


def test_tiles_take_over_where_memory_runs_out(light_model, run_light, observe, budget):
    budget(10**9)

    def run(parts):
        if parts['vis'].y.shape[-1] == 328:
            raise MemoryError
        return run_light(parts)

    assert fuse_any_size(run, observe('noise'), light_model)[1].tiles > 1


def test_the_side_can_be_given(light_model, run_light, observe):
    assert fuse_any_size(run_light, observe('noise'), light_model, 128)[1].side == 128
    assert fuse_any_size(run_light, observe('noise'), light_model, 'off')[1].tiles == 1


def test_a_network_that_sees_everything_is_warned_of(observe):
    model = random_model(dict(type='DualDecoderUNet', base_channels=8, norm_groups=4),
                         fusion=dict(type='PixelFusion'), correction_scale=None)
    inputs = observe('noise')

    @torch.no_grad()
    def run(parts):
        return model(dict(parts), mode='tensor')

    output, report = fuse_any_size(run, inputs, model, 128)
    assert 'DualDecoderUNet with these degradations sees the whole picture' in report.warnings[0]
    assert report.error > 0.25 / 255
    assert float((output.fused - run(inputs).fused).abs().max()) > 0.25 / 255  # the warning is right


def test_a_network_that_sees_everything_is_cut_only_where_memory_demands_it(observe, light_model, monkeypatch):
    asked = []
    monkeypatch.setattr(auto, 'window_budget', lambda *args: asked.append(args[-1]) or 10**9)
    whole = random_model(dict(type='DualDecoderUNet', base_channels=8, norm_groups=4),
                         fusion=dict(type='PixelFusion'), correction_scale=None)
    for model in (whole, light_model):
        fuse_any_size(lambda parts: parts, observe('noise'), model)
    assert asked == [None, auto.MOST]


@pytest.mark.parametrize('tile', [0, 63, 'on', None, 2.5])
def test_other_tiles_are_refused(tile):
    with pytest.raises(UserError, match='tile must be auto or off, or a side of at least 64 pixels'):
        check_tile(tile)


def test_what_cannot_be_cut_is_said(light_model, run_light, scene):
    from drfuse.degradations import Degradation
    from drfuse.utils.seed import keyed_generator

    stages = [dict(type='GaussianBlur', sigma=1.0, boundary='circular')]
    inputs = {name: Degradation(stages).observe(image, keyed_generator(name))[0] for name, image in scene.items()}
    with pytest.raises(UserError, match='ir cannot be cut into tiles'):
        fuse_any_size(run_light, inputs, light_model, 128)
    assert fuse_any_size(run_light, inputs, light_model)[1].tiles == 1
