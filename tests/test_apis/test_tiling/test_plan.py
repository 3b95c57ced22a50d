"""Tiles cover the picture, windows are aligned, weights sum to 1."""

import pytest
import torch

from drfuse.apis.tiling import TilePlan
from drfuse.apis.tiling.plan import FEATHER
from drfuse.degradations.window import Window


@pytest.mark.parametrize('even', [True, False])
@pytest.mark.parametrize(('shape', 'side', 'multiple'), [((300, 517), 128, 8), ((16, 33), 32, 8), ((100, 90), 64, 24),
                                                         ((257, 400), 1000, 8), ((80, 41), 1, 8)])
def test_weights_sum_to_one(shape, side, multiple, even):
    plan = TilePlan(shape, side, 20, multiple, even)
    total, covered = torch.zeros(shape), torch.zeros(shape)
    for tile in plan:
        needed, window = plan.needed(tile), plan.window(plan.needed(tile))
        needed.cut(total).add_(plan.weight(tile))
        tile.cut(covered).add_(1)
        window.observed(multiple, shape, tuple(-(-n // multiple) for n in shape))  # raises if not aligned
        assert max(tile.shape) < max(side, 32) + (0 if even else 20 + FEATHER + multiple) + 2 * multiple
        for edge, low, size in ((tile.top, window.top, 0), (tile.left, window.left, 0)):
            assert edge - low >= min(20 + FEATHER, edge) or size
    torch.testing.assert_close(total, torch.ones(shape), rtol=0, atol=1e-6)
    assert bool((covered == 1).all())


@pytest.mark.parametrize(('shape', 'multiple'), [((300, 520), 4), ((300, 517), 8), ((611, 96), 16)])
def test_windows_have_one_shape_but_for_a_ragged_end(shape, multiple):
    plan = TilePlan(shape, 64, 20, multiple, even=False)
    shapes = set()
    for tile in plan:
        needed = plan.needed(tile)
        window, wide = plan.window(needed), plan.widened(plan.window(needed))
        inner = window.inside(wide)
        assert min(inner) >= 0 and inner.bottom <= wide.shape[0] and inner.right <= wide.shape[1]
        wide.observed(multiple, shape, tuple(-(-n // multiple) for n in shape))  # raises if not aligned
        shapes.add(wide.shape)
    heights, widths = map(set, zip(*shapes, strict=True))
    for sides, size in ((heights, shape[0]), (widths, shape[1])):
        assert len(sides) == 1 if size % multiple == 0 else max(sides) - min(sides) < multiple


def test_tiles_at_the_border_use_the_room_that_they_save():
    plan = TilePlan((860, 860), 400, 24, 8, even=False)
    assert len(plan.tiles()) == 4 and len(TilePlan((860, 860), 400, 24, 8).tiles()) == 9
    sides = [side for tile in plan for side in plan.window(plan.needed(tile)).shape]
    assert max(sides) - min(sides) <= 2 * 8


def test_one_tile_is_the_whole_picture():
    plan = TilePlan((50, 70), 70, 16, 8)
    assert plan.tiles() == [Window.whole((50, 70))] == [plan.window(plan.needed(Window.whole((50, 70))))]


def test_windows_count_halo_and_feather():
    plan = TilePlan((300, 300), 100, 16, 4)
    assert max(plan.window(plan.needed(tile)).shape for tile in plan) == (100 + 2 * (16 + FEATHER),) * 2
