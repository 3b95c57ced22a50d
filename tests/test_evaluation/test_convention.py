import cv2
import numpy as np
import pytest
import torch

from drfuse.datasets.image_io import read_image, set_channels, to_tensor
from drfuse.evaluation import convention
from drfuse.visualization.image_writer import to_uint8 as written_uint8
from drfuse.visualization.image_writer import write_png


def test_halves_are_rounded_up_and_the_range_is_clipped():
    x = np.array([-0.2, 0., 0.49999 / 255, 0.5 / 255, 1.5 / 255, 1., 1.7], np.float32)
    assert convention.to_uint8(x).tolist() == [0, 0, 0, 1, 2, 255, 255]


def test_it_quantises_as_files_are_written():
    """The very same rounding, also where 255 x lies next to a half in float32."""
    generator = torch.Generator().manual_seed(0)
    halves = ((torch.arange(255) + 0.5) / 255)[:, None] + torch.linspace(-1e-6, 1e-6, 401)
    for x in (torch.rand(1, 500, 400, generator=generator), halves[None]):
        np.testing.assert_array_equal(convention.to_uint8(x)[0], written_uint8(x))


def test_nan_is_refused():
    with pytest.raises(ValueError, match=r'holds NaN \(shape \(2, 2\)\)'):
        convention.to_uint8(torch.full((2, 2), torch.nan))


def test_luminance_of_every_sum_of_colours_is_exact():
    r, g, b = np.meshgrid(*[np.arange(0, 256, 5)] * 3, indexing='ij')
    rgb = np.stack([r, g, b], -1).reshape(1, -1, 3).astype(np.uint8)
    expected = [(2 * (299 * int(x) + 587 * int(y) + 114 * int(z)) + 1000) // 2000 for x, y, z in rgb[0]]
    assert convention.luminance(rgb)[0].tolist() == expected


def test_luminance_keeps_grey():
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for image in (grey, grey[..., None], np.stack([grey] * 3, -1)):
        np.testing.assert_array_equal(convention.luminance(image), grey)


@pytest.mark.parametrize(('image', 'error', 'message'), [
    (np.zeros((4, 4)), TypeError, 'takes uint8 images, got float64'),
    (np.zeros((4, 4, 2), np.uint8), ValueError, r'got \(4, 4, 2\)'),
    (np.zeros(4, np.uint8), ValueError, r'got \(4,\)')])
def test_luminance_refuses_other_images(image, error, message):
    with pytest.raises(error, match=message):
        convention.luminance(image)


def test_float_luminance_of_a_source_is_that_of_its_file(tmp_path):
    """What a data set holds as float32 comes to the same 8 bits as the file, also exactly between two levels."""
    i = np.arange(256)
    rgb = np.stack([np.repeat(i, 256), np.tile(i, 256), (np.repeat(i, 256) * 7 + np.tile(i, 256) * 3) % 256], -1)
    rgb = rgb.astype(np.uint8).reshape(256, 256, 3)
    path = write_png(tmp_path / 'x.png', rgb)
    weighted = rgb.astype(int) @ [299, 587, 114]
    assert (weighted % 1000 == 500).sum() > 20  # the cases that matter
    as_loaded = set_channels(to_tensor(read_image(path)), 1)[0]
    np.testing.assert_array_equal(convention.source_to_uint8(as_loaded), convention.read_luminance(path))


def test_16_bit_and_alpha_files(tmp_path):
    deep = (np.arange(0, 65536, 16, dtype=np.uint32).reshape(64, 64)).astype(np.uint16)
    cv2.imwrite(str(tmp_path / 'deep.png'), deep)
    expected = np.floor(deep / 65535 * 255 + 0.5)
    assert abs(convention.read_luminance(tmp_path / 'deep.png') - expected).max() == 0
    rgba = np.full((4, 4, 4), 200, np.uint8)
    rgba[..., 3] = 0
    cv2.imwrite(str(tmp_path / 'alpha.png'), rgba)
    assert (convention.read_luminance(tmp_path / 'alpha.png') == 200).all()


def test_files_that_are_no_images(tmp_path):
    (tmp_path / 'x.png').write_text('no image')
    with pytest.raises(ValueError, match='x.png'):
        convention.read_luminance(tmp_path / 'x.png')
    with pytest.raises(FileNotFoundError, match='y.png'):
        convention.read_luminance(tmp_path / 'y.png')


def test_enlarging():
    x = torch.rand(1, 6, 8, generator=torch.Generator().manual_seed(0))
    assert convention.enlarge(x, (6, 8)) is x
    big = convention.enlarge(x, (12, 16))
    assert tuple(big.shape) == (1, 12, 16) and 0 <= big.min() and big.max() <= 1
    flat = convention.enlarge(torch.full((1, 3, 3), 0.25), (9, 9))
    assert (flat - 0.25).abs().max() < 1e-6


def sample(**fields):
    x = torch.rand(2, 8, 10, generator=torch.Generator().manual_seed(1))
    return dict(pred_fused=x[:1], gt_sources=x, observed=dict(ir=x[:1, ::2, ::2], vis=x[1:]), **fields)


def test_the_saved_result_is_the_colour_image_where_there_is_one():
    plain = sample()
    np.testing.assert_array_equal(convention.saved_luminance(plain), convention.to_uint8(plain['pred_fused'][0]))
    colour = sample(fused_image=torch.rand(3, 8, 10, generator=torch.Generator().manual_seed(2)))
    saved = np.moveaxis(convention.to_uint8(colour['fused_image']), 0, -1)
    np.testing.assert_array_equal(convention.saved_luminance(colour), convention.luminance(saved))


def test_sources_clean_and_observed():
    clean, observed = (convention.source_luminance(sample(), against) for against in ('clean', 'observed'))
    assert [s.shape for s in (*clean, *observed)] == [(8, 10)] * 4
    np.testing.assert_array_equal(clean[1], observed[1])
    assert (clean[0] != observed[0]).any()


def test_missing_sources_are_told():
    lacking = sample()
    del lacking['gt_sources']
    with pytest.raises(ValueError, match=r"against='clean' needs gt_sources .* \['observed', 'pred_fused'\]"):
        convention.source_luminance(lacking, 'clean')
    with pytest.raises(ValueError, match=r"against must be one of \('clean', 'observed'\), got 'truth'"):
        convention.source_luminance(lacking, 'truth')
