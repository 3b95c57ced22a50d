import numpy as np
import pytest
import torch

from drfuse.evaluation.functional.phase_congruency import PhaseMaps, _median, phase_congruency


@pytest.fixture(scope='module')
def images(trio):
    fused, sources = trio
    return [x.astype(float) for x in (fused, *sources)]


@pytest.mark.parametrize('variant', ['yuliu', 'zliu'])
def test_numpy_and_torch_agree(images, variant):
    arrays = phase_congruency(images, variant)
    tensors = phase_congruency([torch.from_numpy(x)[None] for x in images], variant)
    for array, tensor in zip(arrays, tensors, strict=True):
        for x, y in zip(array.result(), tensor.result(), strict=True):
            np.testing.assert_allclose(x, y[0], atol=1e-12)


def test_threads_change_no_bit(images):
    for one, two in zip(phase_congruency(images), phase_congruency(images, workers=2), strict=True):
        np.testing.assert_array_equal(one.sums, two.sums)
        np.testing.assert_array_equal(one.squares, two.squares)


def test_a_constant_image_has_none():
    maps = phase_congruency([np.full((24, 31), 128.)])[0]
    congruency, *_ = maps.result()
    assert abs(congruency).max() < 1e-9


def test_an_edge_stands_out_whatever_its_contrast():
    values = []
    for height in (40, 160):
        image = np.full((64, 64), 30.)
        image[:, 16:48] += height
        congruency, largest, _ = phase_congruency([image])[0].result()
        assert congruency[32, 15:17].max() > 0.6 > 3 * congruency[32, 30:34].max()
        values.append(congruency[32, 15:17].max())
        assert largest[32, 15:17].max() > 0.3
    assert values[0] == pytest.approx(values[1], abs=0.05)


def test_rows_of_the_result_are_those_of_the_whole(images):
    maps = phase_congruency(images[:1])[0]
    for part, whole in zip(maps.result(slice(5, 9)), maps.result(), strict=True):
        np.testing.assert_array_equal(part, whole[5:9])


def add(maps, orientation, energy, amplitude, rows=slice(None)):
    energies, amplitudes, squares = maps.of(orientation, rows)
    energies += energy
    amplitudes += amplitude
    squares[...] = (energy / amplitude)**2


def test_orientations_add_up():
    maps = PhaseMaps(np.zeros((2, 2, 2, 2)), np.zeros((6, 2, 2)))
    add(maps, 0, 2., 4.)
    add(maps, 3, 3., 4., slice(0, 1))
    congruency, largest, smallest = maps.result()
    np.testing.assert_allclose(congruency, [[5 / 8.0001] * 2, [2 / 4.0001] * 2])
    np.testing.assert_allclose(largest + smallest, [[(0.25 + 0.5625) / 3] * 2, [0.25 / 3] * 2])


@pytest.mark.parametrize('size', [1, 2, 5, 1000, 4097, 50_000, 50_001])
@pytest.mark.parametrize('kind', ['random', 'sorted', 'ties'])
def test_the_median_is_exact(size, kind):
    x = np.random.default_rng(size).random(size)
    x = {'random': x, 'sorted': np.sort(x), 'ties': np.floor(3 * x)}[kind]
    assert _median(x.copy()) == np.median(x)


def test_moments_are_those_of_the_definition():
    p = np.random.default_rng(0).random(6)
    maps = PhaseMaps(np.zeros((2, 2, 1, 1)), np.zeros((6, 1, 1)))
    for o in range(6):
        add(maps, o, 3 * p[o], 3.)
    angle = np.arange(6) * np.pi / 6
    xx, yy = (p**2 * np.cos(angle)**2).sum() / 3, (p**2 * np.sin(angle)**2).sum() / 3
    xy = (p**2 * np.cos(angle) * np.sin(angle)).sum() / 6
    d = np.sqrt(xy**2 + (xx - yy)**2) + 1e-4
    np.testing.assert_allclose(np.ravel(maps.result()), [p.sum() * 3 / 18.0001, (xx + yy + d) / 2, (xx + yy - d) / 2])
