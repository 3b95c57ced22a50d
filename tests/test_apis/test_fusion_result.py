"""What comes back can be looked at and written."""

import numpy as np
import pytest

from drfuse.apis.fusion_result import FusionResult
from drfuse.apis.picture import Picture
from drfuse.apis.picture_io import read_picture
from drfuse.utils.config import UserError


@pytest.fixture
def result():
    rgb = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    return FusionResult(Picture(rgb, rgb[..., 0]), dict(ir=Picture(rgb[..., 1])), np.zeros((2, 20, 30)), {}, {})


def test_views(result):
    assert result.fused.shape == (20, 30, 4) and result.restored['ir'].shape == (20, 30)
    assert result.to_tensor().shape == (3, 20, 30)


def test_save(result, tmp_path):
    np.testing.assert_array_equal(read_picture(result.save(tmp_path / 'new' / 'a.png')).to_array(), result.fused)
    with pytest.raises(UserError, match='cannot hold alpha'):
        result.save(tmp_path / 'a.jpg')
