import pytest

from drfuse.utils.parallel import map_unordered


def test_one_worker_needs_no_importable_function():
    assert list(map_unordered(lambda x: 2 * x, [3, 1], 1)) == [(0, 6), (1, 2)]


def test_every_position_gets_its_own_result():
    assert dict(map_unordered(abs, [-3, 1, -2], 2)) == {0: 3, 1: 1, 2: 2}


def test_errors_come_through():
    with pytest.raises(ValueError, match='invalid literal'):
        list(map_unordered(int, ['1', 'x', '2'], 2))
