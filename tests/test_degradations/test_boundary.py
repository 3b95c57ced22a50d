"""Extension rules agree with NumPy's and are transposed exactly."""

import numpy as np
import pytest
import torch

from drfuse.degradations.boundary import check_boundary, extend, extend_adjoint
from drfuse.utils.seed import keyed_generator

NUMPY_MODES = dict(circular='wrap', reflect='reflect', zero='constant')


@pytest.mark.parametrize('boundary', NUMPY_MODES)
@pytest.mark.parametrize('pad', [(1, 2, 3, 0), (9, 11, 6, 7)])
def test_extension_is_numpys(boundary, pad):
    x = torch.rand(1, 2, 4, 5, generator=keyed_generator(0), dtype=torch.float64)
    left, right, top, bottom = pad
    expected = np.pad(x.numpy(), [(0, 0), (0, 0), (top, bottom), (left, right)], mode=NUMPY_MODES[boundary])
    extended = extend(x, pad, boundary)
    np.testing.assert_array_equal(extended.numpy(), expected)
    y = torch.rand(extended.shape, generator=keyed_generator(1), dtype=torch.float64)
    torch.testing.assert_close((extended * y).sum(), (x * extend_adjoint(y, pad, boundary)).sum())


def test_a_single_pixel_is_its_own_mirror():
    assert torch.equal(extend(torch.ones(1, 1, 1, 1), (2, 2, 2, 2), 'reflect'), torch.ones(1, 1, 5, 5))


def test_unknown_boundary():
    with pytest.raises(ValueError, match="boundary must be one of .*'circular', 'reflect', 'zero'.*got 'mirror'"):
        check_boundary('mirror')
