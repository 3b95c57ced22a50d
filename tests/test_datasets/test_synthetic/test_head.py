import numpy as np
import pytest

from drfuse.datasets.synthetic import draw_head


def head(seed, functional='pet', size=(96, 96)):
    return draw_head(size, np.random.default_rng(seed), functional)


@pytest.mark.parametrize(('functional', 'shape'), [('pet', (96, 96, 3)), ('spect', (96, 96, 3)), ('ct', (96, 96))])
def test_size_type_and_repeatability(functional, shape):
    first, again = head(0, functional), head(0, functional)
    assert first['mri'].shape == (96, 96)
    assert first[functional].shape == shape
    assert all(np.array_equal(first[k], again[k]) for k in first)
    assert not np.array_equal(first['mri'], head(1)['mri'])


@pytest.mark.parametrize('functional', ['pet', 'spect', 'ct'])
def test_background_is_dark_and_the_brain_is_not(functional):
    for seed in range(3):
        pair = head(seed, functional)
        for image in (pair['mri'], pair[functional].reshape(96, 96, -1).max(-1)):
            assert image[:4].mean() < 12
            assert image[30:66, 30:66].mean() > 50


def test_uptake_lies_inside_the_head():
    pair = head(2)
    assert np.all(pair['mri'][pair['pet'].max(-1) > 120] > 0)
    outline = np.nonzero(pair['mri'].max(0) > 60)[0]
    uptake = np.nonzero(pair['pet'].max((0, 2)) > 120)[0]
    assert outline[0] < uptake[0] < uptake[-1] < outline[-1]


def test_bone_is_dark_in_mri_and_bright_in_ct():
    pair = head(3, 'ct')
    bone = pair['ct'] > 230
    assert bone.sum() > 100
    assert pair['mri'][bone].mean() < 0.6 * pair['mri'][40:56, 40:56].mean()


def test_mri_has_finer_detail_than_uptake():
    def detail(image):
        return np.abs(np.diff(image.astype(float), 2, axis=1)).mean() / image.std()

    pair = head(4, size=(192, 192))
    assert detail(pair['mri']) > 2 * detail(pair['pet'].max(-1))


@pytest.mark.parametrize('size', [(32, 32), (40, 100), (101, 57)])
def test_any_size_works(size):
    assert head(0, size=size)['pet'].shape == (*size, 3)
