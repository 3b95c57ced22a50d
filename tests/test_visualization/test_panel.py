import numpy as np

from drfuse.visualization import draw_grid, draw_panel, enlarge_with_original, to_uint8

GAP, LABEL = 4, 16


def cell(panel, row, column, size=(96, 128)):
    y = GAP + row * (size[0] + LABEL + GAP) + LABEL
    x = GAP + column * (size[1] + GAP)
    return panel[y:y + size[0], x:x + size[1]]


def test_cells_hold_the_images(sample):
    panel = draw_panel(sample)
    assert panel.shape == (2 * (96 + LABEL + GAP) + GAP, 4 * (128 + GAP) + GAP, 3)
    for row, name in enumerate(('ir', 'vis')):
        images = (enlarge_with_original(to_uint8(sample.observed[name]), (96, 128)), to_uint8(sample.pred_sources[row]),
                  to_uint8(sample.pred_weights[row]))
        for column, image in enumerate(images):
            assert np.array_equal(cell(panel, row, column), np.repeat(image[..., None], 3, 2))
    assert np.array_equal(cell(panel, 0, 3)[..., 0], to_uint8(sample.pred_fused))
    assert np.array_equal(cell(panel, 1, 3), to_uint8(sample.fused_image))


def test_every_cell_is_labelled(sample):
    panel = draw_panel(sample)
    for row in range(2):
        for column in range(4):
            y, x = GAP + row * (96 + LABEL + GAP), GAP + column * (128 + GAP)
            assert panel[y:y + LABEL, x:x + 128].max() > 200


def test_low_resolution_is_enlarged_with_the_original_in_the_corner():
    small = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
    large = enlarge_with_original(small, (16, 24))
    assert large.shape == (16, 24)
    assert np.array_equal(large[:2, :3], small)
    assert (large[2, :4] == 255).all()
    assert (large[:3, 3] == 255).all()
    assert large[15, 23] == small[1, 2]
    assert enlarge_with_original(small, (2, 3)) is small


def test_tiny_images_grow_until_labels_can_be_read():
    grid = draw_grid([[('a', np.full((8, 16), 100, np.uint8))]])
    assert grid.shape == (96 + LABEL + 2 * GAP, 192 + 2 * GAP, 3)


def test_sample_without_extras(sample):
    for name in ('observed', 'pred_weights', 'fused_image'):
        sample.pop(name)
    assert draw_panel(sample).shape[1] == 2 * (128 + GAP) + GAP
