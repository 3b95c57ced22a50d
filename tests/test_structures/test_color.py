"""Colour: Pillow's luminance, exact round trips."""

import numpy as np
import pytest
import torch
from PIL import Image

from drfuse.structures import rgb_to_ycbcr, split_luma_chroma, ycbcr_to_rgb
from drfuse.utils.seed import keyed_generator


def test_round_trip():
    rgb = torch.rand(2, 3, 5, 6, generator=keyed_generator(0), dtype=torch.float64)
    torch.testing.assert_close(ycbcr_to_rgb(*rgb_to_ycbcr(rgb)), rgb, atol=1e-12, rtol=0)


def test_agrees_with_pillow_within_a_level():
    levels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    theirs = np.asarray(Image.fromarray(levels).convert('YCbCr')).transpose(2, 0, 1)
    luma, chroma = rgb_to_ycbcr(torch.from_numpy(levels).permute(2, 0, 1).double() / 255)
    ours = torch.cat([luma, chroma]) * 255
    # neutral chroma is 128 of 255 in the file format, 0.5 here
    np.testing.assert_allclose(ours.numpy() + np.array([0, 0.5, 0.5]).reshape(3, 1, 1), theirs, atol=1.01)


def test_grey_has_neutral_chroma():
    luma, chroma = rgb_to_ycbcr(torch.full((3, 2, 2), 0.3))
    torch.testing.assert_close(luma, torch.full((1, 2, 2), 0.3))
    torch.testing.assert_close(chroma, torch.full((2, 2, 2), 0.5))


def test_split_refuses_other_channel_counts():
    assert split_luma_chroma(torch.zeros(1, 4, 4))[1] is None
    with pytest.raises(ValueError, match=r'1 \(grey\) or 3 \(RGB\) channels, got 4'):
        split_luma_chroma(torch.zeros(4, 4, 4))
