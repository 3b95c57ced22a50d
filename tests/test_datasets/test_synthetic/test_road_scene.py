import numpy as np
import pytest

from drfuse.datasets.synthetic import draw_road_scene


def scene(seed, size=(96, 128)):
    return draw_road_scene(size, np.random.default_rng(seed))


def test_size_type_and_repeatability():
    first, again = scene(0), scene(0)
    assert first['ir'].shape == (96, 128)
    assert first['vis'].shape == (96, 128, 3)
    assert all(np.array_equal(first[k], again[k]) for k in first)
    assert not np.array_equal(first['ir'], scene(1)['ir'])


@pytest.mark.parametrize('size', [(32, 32), (33, 200), (150, 41)])
def test_any_size_works(size):
    for seed in range(4):
        assert scene(seed, size)['ir'].shape == size


@pytest.mark.parametrize('seed', range(6))
def test_pictures_use_their_range_and_have_fine_detail(seed):
    pair = scene(seed)
    for image in (pair['ir'].astype(float), pair['vis'].mean(-1)):
        assert image.std() > 12
        assert np.abs(np.diff(image, axis=1)).mean() > 1
    assert np.ptp(pair['ir']) > 150


def test_modalities_carry_different_content():
    correlations = [np.corrcoef(pair['ir'].ravel(), pair['vis'].mean(-1).ravel())[0, 1]
                    for pair in map(scene, range(6))]
    assert np.mean(np.abs(correlations)) < .75
    colours = [np.ptp(pair['vis'].astype(int), axis=-1).mean() for pair in map(scene, range(6))]
    assert max(colours) > 12
