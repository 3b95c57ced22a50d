"""Fusion maps: they sum to the identity, their adjoints are adjoint, and bands depend on no more than they say."""

import pytest
import torch

from drfuse.degradations import (
    AveragePool,
    BlockScale,
    GaussianBlur,
    JointObservation,
    JointTensor,
    Observation,
    PixelWeights,
    StarletWeights,
)
from drfuse.degradations.fusion_operators import starlet_bands, starlet_reach
from drfuse.utils.seed import keyed_generator

SHAPE = (18, 21)
F64 = dict(dtype=torch.float64)


def random(*shape, key=0):
    return torch.rand(shape, generator=keyed_generator('fusion', key, *shape), **F64)


def weights(kind, num_sources=2, shape=SHAPE):
    if kind == 'pixel':
        return PixelWeights(random(2, num_sources, *shape).log().softmax(1))
    return StarletWeights(random(2, num_sources, 4, *shape).log().softmax(1))


@pytest.mark.parametrize('kind', ['pixel', 'starlet'])
@pytest.mark.parametrize('num_sources', [2, 3])
def test_a_common_image_comes_back(kind, num_sources):
    W, x = weights(kind, num_sources), random(2, 1, *SHAPE, key=1)
    torch.testing.assert_close(W.fuse([x] * num_sources), x)
    assert W.maps.shape == (2, num_sources, *SHAPE)
    torch.testing.assert_close(W.maps.sum(1), torch.ones(2, *SHAPE, **F64))


@pytest.mark.parametrize('kind', ['pixel', 'starlet'])
def test_fuse_is_the_sum_of_the_parts(kind):
    W, x, y = weights(kind), random(2, 1, *SHAPE, key=1), random(2, 1, *SHAPE, key=2)
    torch.testing.assert_close(W.fuse([x, y]), W.apply(0, x) + W.apply(1, y))


@pytest.mark.parametrize('kind', ['pixel', 'starlet'])
@pytest.mark.parametrize('source', [0, 1])
def test_adjoint(kind, source):
    W, x, r = weights(kind), random(2, 1, *SHAPE, key=1), random(2, 1, *SHAPE, key=2)
    left, right = (W.apply(source, x) * r).sum(), (x * W.adjoint(source, r)).sum()
    torch.testing.assert_close(left, right, rtol=1e-10, atol=0)
    with torch.no_grad():
        assert not W.adjoint(source, r).requires_grad


def test_bands_sum_to_the_image_and_get_smoother():
    x = random(1, 2, 40, 50)
    bands = starlet_bands(x, 4)
    assert bands.shape == (1, 2, 4, 40, 50)
    torch.testing.assert_close(bands.sum(2), x)
    roughness = (bands[..., 1:, :] - bands[..., :-1, :]).abs().mean((0, 1, 3, 4))
    assert (roughness[1:] < roughness[:-1]).all()


def test_a_constant_image_lives_in_the_last_band():
    bands = starlet_bands(torch.full((1, 1, 20, 20), 0.3, **F64), 3)
    assert bands[:, :, :2].abs().max() < 1e-15


@pytest.mark.parametrize('number', [1, 2, 4])
def test_reach_of_the_bands(number):
    reach = starlet_reach(number)
    side = 2 * reach + 9
    x = torch.zeros(1, 1, side, side, **F64)
    x[..., side // 2, side // 2] = 1
    seen = starlet_bands(x, number).abs().sum((0, 1, 2)).nonzero() - side // 2
    assert seen.abs().max() == reach


def test_one_band_is_the_pixel_mask():
    maps = weights('pixel').maps
    x, y = random(2, 1, *SHAPE, key=1), random(2, 1, *SHAPE, key=2)
    torch.testing.assert_close(StarletWeights(maps[:, :, None]).fuse([x, y]), PixelWeights(maps).fuse([x, y]))


def joint_problem():
    """Observations with true pseudoinverses, and starlet weights."""
    operators = (AveragePool(3), GaussianBlur(0.8, boundary='circular', pinv_solver=dict(type='SpectralPinv')))
    observations = []
    for i, operator in enumerate(operators):
        A = operator.bind(operator.sample_params(None), SHAPE)
        observations.append(Observation(A.forward(random(1, 1, *SHAPE, key=10 + i)), A, torch.zeros(1, 1, 1, 1, **F64)))
    W = StarletWeights(random(1, 2, 3, *SHAPE).log().softmax(1))
    x = JointTensor(tuple(random(1, 1, *SHAPE, key=30 + i) for i in range(2)), random(1, 1, *SHAPE, key=40))
    return JointObservation(observations, W), x


@pytest.mark.parametrize('projection', ['paper', 'exact'])
def test_the_correction_is_feasible_under_any_linear_weights(projection):
    joint, x = joint_problem()
    corrected = joint.correct(x, BlockScale((1.0, 1.0), 1.0), projection)
    image = joint.forward(corrected)
    for found, wanted in zip((*image.sources, image.fused), (*joint.y.sources, joint.y.fused), strict=True):
        torch.testing.assert_close(found, wanted, rtol=0, atol=1e-9)


def test_the_exact_projection_is_the_nearest_point():
    joint, x = joint_problem()
    corrected = joint.correct(x, BlockScale((1.0, 1.0), 1.0), 'exact')
    moved = [a - b for a, b in zip((*corrected.sources, corrected.fused), (*x.sources, x.fused), strict=True)]
    # orthogonal to every direction that keeps the observation: A^ v = 0
    free = [joint._null(o, random(1, 1, *SHAPE, key=50 + i)) for i, o in enumerate(joint.observations)]
    direction = [*free, joint.W.fuse(free)]
    product = sum((a * b).sum() for a, b in zip(moved, direction, strict=True))
    size = sum(a.square().sum() for a in moved).sqrt() * sum(b.square().sum() for b in direction).sqrt()
    assert abs(product / size) < 1e-8
