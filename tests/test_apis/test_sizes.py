"""One integer factor between the sizes of a pair, or a clear word."""

import pytest

from drfuse.apis.sizes import Factor, find_factor, settle_sizes
from drfuse.utils.config import UserError


@pytest.mark.parametrize(('full', 'small', 'factor'), [
    ((64, 96), (64, 96), (1, 'partial')), ((64, 96), (16, 24), (4, 'partial')), ((65, 97), (17, 25), (4, 'partial')),
    ((65, 97), (16, 24), (4, 'drop')), ((65, 97), (17, 24), None), ((64, 96), (60, 90), None),
    ((64, 96), (96, 64), None), ((640, 640), (20, 20), None)])
def test_factor(full, small, factor):
    found = find_factor(full, small)
    assert found == (None if factor is None else Factor(*factor))


@pytest.mark.parametrize(('sizes', 'scales', 'full', 'factors'), [
    ([(16, 24), (64, 96)], [None, None], (64, 96), [4, 1]), ([(64, 96), (32, 48)], [None, None], (64, 96), [1, 2]),
    ([(32, 48), (32, 48)], [2, 2], (64, 96), [2, 2]), ([(16, 24), (32, 48)], [4, 2], (64, 96), [4, 2]),
    ([(32, 48), (64, 96)], [2, None], (64, 96), [2, 1])])
def test_full_size(sizes, scales, full, factors):
    found, values = settle_sizes(sizes, scales, ['a', 'b'])
    assert found == full and [f.value for f in values] == factors


@pytest.mark.parametrize(('sizes', 'scales', 'message'), [
    ([(60, 90), (64, 96)], [None, None], r'a is 60 x 90 and b is 64 x 96 .*crop or resize a to 64 x 96'),
    ([(33, 47), (64, 96)], [None, None], 'resize a to 32 x 48'), ([(96, 64), (64, 96)], [None, None], 'integer factor'),
    ([(64, 96), (64, 96)], [2, None], 'a is 64 x 96 .*, the full size of the pair: its scale is 1, not 2'),
    ([(32, 48), (64, 96)], [4, None], 'by the scale 4; crop or resize a to 16 x 24')])
def test_sizes_that_do_not_fit(sizes, scales, message):
    with pytest.raises(UserError, match=message):
        settle_sizes(sizes, scales, ['a', 'b'])
