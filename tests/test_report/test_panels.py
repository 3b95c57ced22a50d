"""Pictures for people."""

from dataclasses import replace

import numpy as np
import pytest

from drfuse.apis.picture import Picture
from drfuse.report import Report, render_report
from drfuse.report.panels import reduced, result_panels, shown, size_note, step_panels, weight_map


def test_panels_of_a_result(result, degraded):
    panels = result_panels(result)
    assert [p.key for p in panels] == ['observed_ir', 'restored_ir', 'weights', 'observed_vis', 'restored_vis', 'fused']
    images = {p.key: p.image for p in panels}
    np.testing.assert_array_equal(images['observed_ir'], degraded['ir'])
    np.testing.assert_array_equal(images['fused'], result.fused)
    assert images['weights'].shape == (48, 64, 3) and all(i.dtype == np.uint8 for i in images.values())
    assert panels[0].note == '32 x 24' and panels[2].note == f'mean {result.weights[0].mean():.2f}'


def test_large_panels_are_reduced(result):
    panels = result_panels(result, longest=32)
    assert all(max(p.image.shape) <= 32 for p in panels)
    assert panels[-1].note == '64 x 48, shown reduced'


def test_steps(result):
    steps = step_panels(result)
    assert [s.t for s in steps] == [step.t for step in result.trajectory.steps]
    assert [p.title for p in steps[0].panels] == ['fused', 'ir', 'vis', 'weight of ir']
    last = steps[-1]
    assert np.abs(last.panels[1].image.astype(int) - np.round(255 * result.luminance['ir'])).max() <= 1
    assert set(last.scales) == {'ir', 'vis', 'fused'} and set(last.residuals) == {'ir', 'vis'}


def test_no_steps(ivf, degraded):
    assert step_panels(ivf(degraded['ir'], degraded['vis'], 'noise')) == []


def test_deep_pixels_are_shown_with_8_bits():
    np.testing.assert_array_equal(shown(Picture(np.array([[0, 257, 65535]], np.uint16))), [[0, 1, 255]])
    np.testing.assert_array_equal(shown(Picture(np.array([[0, .5, 1]], np.float32))), [[0, 128, 255]])


def test_weight_map_tells_small_from_large():
    low, middle, high = weight_map(np.array([[0, .5, 1]], np.float32))[0].astype(int)
    assert low[2] > low[1] and middle[1] > middle[0] and high[0] > 200 and high[2] < 100


@pytest.mark.parametrize(('shape', 'longest', 'expected'), [
    ((10, 20, 3), 10, (5, 10, 3)), ((10, 20), 20, (10, 20)), ((1, 5000), 100, (1, 100))])
def test_reduced(shape, longest, expected):
    assert reduced(np.zeros(shape, np.uint8), longest).shape == expected


def test_size_note():
    assert size_note((4, 5), 5) == '5 x 4' and size_note((4, 5), 4) == '5 x 4, shown reduced'


def test_a_rule_without_weights(result):
    steps = [replace(step, weights=None) for step in result.trajectory.steps]
    bare = replace(result, weights=None, trajectory=replace(result.trajectory, steps=tuple(steps)))
    keys = [p.key for p in result_panels(bare)]
    assert keys == ['observed_ir', 'restored_ir', 'observed_vis', 'restored_vis', 'fused']
    assert [p.title for p in step_panels(bare)[0].panels] == ['fused', 'ir', 'vis']
    assert '<option value="observed_vis" selected>' in render_report(Report(bare))
