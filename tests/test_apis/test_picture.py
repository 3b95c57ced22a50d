"""Whatever a user hands over becomes a picture, and results take its form."""

import numpy as np
import pytest
import torch
from PIL import Image

from drfuse.apis.picture import Metadata, Picture, as_picture
from drfuse.utils.config import UserError

RNG = np.random.default_rng(0)
GREY, RGB = (RNG.integers(0, 256, shape, np.uint8) for shape in ((20, 30), (20, 30, 3)))


@pytest.mark.parametrize(('source', 'pixels'), [
    (GREY, GREY), (GREY[..., None], GREY), (RGB, RGB), (GREY.astype(np.uint16) * 256, GREY.astype(np.uint16) * 256),
    (GREY / 255, (GREY / 255).astype(np.float32)), (Image.fromarray(RGB), RGB), (torch.from_numpy(GREY), GREY),
    (torch.from_numpy(RGB).permute(2, 0, 1), RGB), (torch.from_numpy(GREY / 255)[None], (GREY / 255).astype('f'))],
    ids=['grey', 'one channel', 'rgb', '16 bit', 'float64', 'pil', 'tensor', 'rgb tensor', 'float tensor'])
def test_every_kind_is_read(source, pixels):
    picture = as_picture(source, 'source A')
    np.testing.assert_array_equal(picture.pixels, pixels)
    assert picture.pixels.dtype == pixels.dtype
    assert as_picture(picture, 'x') is picture


def test_alpha_comes_back():
    rgba = np.dstack([RGB, GREY])
    np.testing.assert_array_equal(as_picture(rgba, 'x').to_array(), rgba)


@pytest.mark.parametrize(('source', 'message'), [
    (None, 'source A is a NoneType; allowed are a path, a PIL image'),
    (GREY[:15], r'source A is 15 x 30 \(height x width\); the shortest side allowed is 16 pixels'),
    (GREY.astype(np.int32), 'source A has pixel type int32; allowed are uint8, uint16 and floats'),
    (GREY.astype(float), r'holds floats from 0 to 255; allowed is \[0, 1\]'),
    (np.full((20, 30), np.nan), 'holds floats from nan to nan'),
    (GREY[None, None], r'array of shape \(1, 1, 20, 30\)'), (np.dstack([GREY, GREY]), r'array of shape \(20, 30, 2\)'),
    (torch.zeros(20, 30, 3), r'tensor of shape \(20, 30, 3\); allowed are \(H, W\), \(1, H, W\) and \(3, H, W\)'),
    ('https://a.b/c.png', 'is a URL; pictures are read from files: download it first')])
def test_what_is_no_picture_is_refused_in_one_line(source, message):
    with pytest.raises(UserError, match=message) as error:
        as_picture(source, 'source A')
    assert '\n' not in str(error.value)


def test_grey_in_three_channels_counts_as_grey_and_stays_stored_so():
    picture = as_picture(np.dstack([GREY] * 3), 'x')
    assert not picture.is_colour and picture.to_tensor().shape == (1, 20, 30)
    assert picture.filled_with(picture.to_tensor()).pixels.shape == (20, 30, 3)
    assert picture.filled_with(picture.to_tensor(), grey=True).pixels.shape == (20, 30)


@pytest.mark.parametrize('dtype', ['uint8', 'uint16', 'float32'])
def test_filling_with_its_own_pixels_changes_nothing(dtype):
    top = dict(uint8=255, uint16=65535).get(dtype)
    pixels = RNG.integers(0, top + 1, (20, 30, 3)).astype(dtype) if top else RNG.random((20, 30, 3), np.float32)
    picture = Picture(pixels, metadata=Metadata(icc=b'profile'))
    same = picture.filled_with(picture.to_tensor())
    np.testing.assert_array_equal(same.pixels, pixels)
    assert same.metadata == picture.metadata


def test_values_outside_are_clamped_and_a_grey_profile_does_not_go_with_colour():
    picture = Picture(GREY, GREY, Metadata(icc=b'grey', dpi=(72.0, 72.0)))
    filled = picture.filled_with(torch.full((3, 20, 30), 1.5))
    assert filled.pixels.min() == 255 and filled.pixels.shape == (20, 30, 3)
    assert filled.metadata == Metadata(dpi=(72.0, 72.0)) and filled.alpha is GREY
    assert picture.filled_with(torch.zeros(1, 40, 60)).alpha is None


@pytest.mark.parametrize('pixels', [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize(('channels', 'form', 'grey'), [(1, (4, 4), False), (1, (4, 4, 3), False), (1, (4, 4, 3), True),
                                                        (3, (4, 4, 3), False)])
def test_levels_are_rounded_half_up(pixels, channels, form, grey):
    image = torch.rand(channels, 50, 40, generator=torch.Generator().manual_seed(0)) * 1.2 - 0.1
    before, top = image.clone(), 1 if pixels is np.float32 else np.iinfo(pixels).max
    expected = np.clip(image.numpy().astype(np.float64), 0, 1) * top
    expected = (np.floor(expected + 0.5) if top > 1 else expected).astype(pixels).transpose(1, 2, 0)
    if channels == 1:
        expected = np.repeat(expected, 3, 2) if len(form) == 3 and not grey else expected[..., 0]
    found = Picture(np.zeros(form, pixels)).levels(image, grey)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == pixels
    assert torch.equal(image, before)


@pytest.mark.parametrize('where', [None, (0, 0, 1), (17, 33, 2)])
def test_one_pixel_makes_a_colour_picture(where):
    pixels = np.full((40, 50, 3), 7, np.uint8)
    if where:
        pixels[where] += 1
    picture = Picture(pixels)
    assert picture.is_colour == bool(where) and len(picture.to_tensor()) == (3 if where else 1)
