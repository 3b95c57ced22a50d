"""Tiles cover the picture, windows are aligned, weights sum to 1."""

import pytest
import torch

from drfuse.apis.tiling import TilePlan
from drfuse.apis.tiling.plan import FEATHER
from drfuse.degradations.window import Window


@pytest.mark.parametrize(('shape', 'side', 'multiple'), [((300, 517), 128, 8), ((16, 33), 32, 8), ((100, 90), 64, 24),
                                                         ((257, 400), 1000, 8), ((80, 41), 1, 8)])
def test_weights_sum_to_one(shape, side, multiple):
    plan = TilePlan(shape, side, 20, multiple)
    total, covered = torch.zeros(shape), torch.zeros(shape)
    for tile in plan:
        needed, window = plan.needed(tile), plan.window(plan.needed(tile))
        needed.cut(total).add_(plan.weight(tile))
        tile.cut(covered).add_(1)
        window.observed(multiple, shape, tuple(-(-n // multiple) for n in shape))  # raises if not aligned
        assert max(tile.shape) < max(side, 32) + 2 * multiple
        for edge, low, size in ((tile.top, window.top, 0), (tile.left, window.left, 0)):
            assert edge - low >= min(20 + FEATHER, edge) or size
    torch.testing.assert_close(total, torch.ones(shape), rtol=0, atol=1e-6)
    assert bool((covered == 1).all())


def test_one_tile_is_the_whole_picture():
    plan = TilePlan((50, 70), 70, 16, 8)
    assert plan.tiles() == [Window.whole((50, 70))] == [plan.window(plan.needed(Window.whole((50, 70))))]


def test_windows_count_halo_and_feather():
    plan = TilePlan((300, 300), 100, 16, 4)
    assert max(plan.window(plan.needed(tile)).shape for tile in plan) == (100 + 2 * (16 + FEATHER),) * 2
