"""The joint operator against dense matrices on tiny images, and what the correction guarantees."""

import pytest
import torch

from drfuse.degradations import (
    AveragePool,
    BlockScale,
    Compose,
    GaussianBlur,
    Identity,
    JointObservation,
    JointTensor,
    Observation,
    RandomMask,
)
from drfuse.utils.seed import keyed_generator

from .operators import dense

SHAPE = (6, 6)
N = SHAPE[0] * SHAPE[1]
F64 = dict(dtype=torch.float64)
OPERATORS = {
    'identity, pool': (Identity(), AveragePool(2)),
    'pool, mask': (AveragePool(3), RandomMask(0.5, seed=1)),
    'pool, blur, mask': (
        AveragePool(2),
        GaussianBlur(0.8, boundary='circular', pinv_solver=dict(type='SpectralPinv')),
        RandomMask(0.4, seed=2),
    ),
    'partial pool, drop': (AveragePool(4), AveragePool(4, border='drop')),
}
EXACT = list(OPERATORS)
UNSYMMETRIC = {'composite, blur': (Compose([GaussianBlur(0.8), AveragePool(2)]), GaussianBlur(0.8))}
"""A^+ A is not symmetric."""


def random(*shape, key=0):
    return torch.rand(shape, generator=keyed_generator(key, *shape), **F64)


def make(name):
    operators = {**OPERATORS, **UNSYMMETRIC}[name]
    observations = []
    for i, operator in enumerate(operators):
        A = operator.bind(operator.sample_params(None), SHAPE)
        y = A.forward(random(1, 1, *SHAPE, key=10 + i)) + 0.01 * random(1, 1, *A.observation_shape, key=20 + i)
        observations.append(Observation(A.forward(A.pinv(y)), A, torch.zeros(1, 1, 1, 1, **F64)))
    weights = torch.randn(1, len(operators), *SHAPE, generator=keyed_generator('w'), **F64).softmax(1)
    joint = JointObservation(observations, weights)
    x = JointTensor(
        tuple(random(1, 1, *SHAPE, key=30 + i) for i in range(len(operators))), random(1, 1, *SHAPE, key=40)
    )
    return joint, x


def flat(x: JointTensor) -> torch.Tensor:
    return torch.cat([part.flatten() for part in (*x.sources, x.fused)])


def dense_joint(joint):
    """Eq. 13 as a matrix."""
    A = [dense(o.A, SHAPE) for o in joint.observations]
    rows = sum(a.shape[0] for a in A) + N
    matrix = torch.zeros(rows, (len(A) + 1) * N, **F64)
    top = 0
    for i, a in enumerate(A):
        matrix[top : top + a.shape[0], i * N : (i + 1) * N] = a
        matrix[-N:, i * N : (i + 1) * N] = -torch.diag(joint.weights[0, i].flatten())
        top += a.shape[0]
    matrix[-N:, -N:] = torch.eye(N, **F64)
    return matrix


def dense_pinv(joint):
    """Eqs. 14-15 as a matrix."""
    P = [torch.linalg.pinv(dense(o.A, SHAPE), rtol=1e-9) for o in joint.observations]
    matrix = torch.zeros((len(P) + 1) * N, sum(p.shape[1] for p in P) + N, **F64)
    left = 0
    for i, p in enumerate(P):
        matrix[i * N : (i + 1) * N, left : left + p.shape[1]] = p
        matrix[-N:, left : left + p.shape[1]] = joint.weights[0, i].flatten()[:, None] * p
        left += p.shape[1]
    matrix[-N:, -N:] = torch.eye(N, **F64)
    return matrix


@pytest.mark.parametrize('name', OPERATORS)
def test_forward_adjoint_and_pinv_equal_dense_matrices(name):
    joint, x = make(name)
    A, P = dense_joint(joint), dense_pinv(joint)
    torch.testing.assert_close(flat(joint.forward(x)), A @ flat(x), rtol=0, atol=1e-10)
    r = joint.forward(x)
    torch.testing.assert_close(flat(joint.adjoint(r)), A.T @ flat(r), rtol=0, atol=1e-10)
    torch.testing.assert_close(flat(joint.pinv(r)), P @ flat(r), rtol=0, atol=1e-9)


@pytest.mark.parametrize('name', OPERATORS)
def test_eq_15_meets_penrose_1_to_3_and_not_4(name):
    joint, _ = make(name)
    A, P = dense_joint(joint), dense_pinv(joint)
    torch.testing.assert_close(A @ P @ A, A, rtol=0, atol=1e-10)
    torch.testing.assert_close(P @ A @ P, P, rtol=0, atol=1e-10)
    torch.testing.assert_close((A @ P).T, A @ P, rtol=0, atol=1e-10)
    assert ((P @ A).T - P @ A).norm() / (P @ A).norm() > 0.1  # errata E3


@pytest.mark.parametrize('name', OPERATORS)
@pytest.mark.parametrize('scale', [0.0, 0.3, 1.0])
def test_correction_equals_eq_19(name, scale):
    joint, x = make(name)
    M = len(joint.observations)
    corrected = joint.correct(x, BlockScale((scale,) * M, scale))
    expected = flat(x) - scale * dense_pinv(joint) @ (dense_joint(joint) @ flat(x) - flat(joint.y))
    torch.testing.assert_close(flat(corrected), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize('name', OPERATORS)
def test_scale_per_block_and_per_pixel(name):
    joint, x = make(name)
    M = len(joint.observations)
    maps = tuple(random(1, 1, *SHAPE, key=50 + i) for i in range(M + 1))
    corrected = joint.correct(x, BlockScale(maps[:M], maps[M]))
    sigma = torch.cat([m.flatten() for m in maps])
    expected = flat(x) - sigma * (dense_pinv(joint) @ (dense_joint(joint) @ flat(x) - flat(joint.y)))
    torch.testing.assert_close(flat(corrected), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize('name', EXACT)
@pytest.mark.parametrize('projection', ['paper', 'exact'])
def test_full_correction_is_consistent(name, projection):
    joint, x = make(name)
    M = len(joint.observations)
    corrected = joint.correct(x, BlockScale((1.0,) * M, 1.0), projection)
    for o, source in zip(joint.observations, corrected.sources, strict=True):
        torch.testing.assert_close(o.A.forward(source), o.y, rtol=0, atol=1e-9)
    weighted = sum(joint.weights[:, i : i + 1] * s for i, s in enumerate(corrected.sources))
    torch.testing.assert_close(corrected.fused, weighted, rtol=0, atol=1e-9)  # the network's own x_f cancels


@pytest.mark.parametrize('name', EXACT)
def test_exact_projection_is_the_nearest_consistent_point(name):
    joint, x = make(name)
    M = len(joint.observations)
    A = dense_joint(joint)
    expected = flat(x) - torch.linalg.pinv(A, rtol=1e-9) @ (A @ flat(x) - flat(joint.y))
    exact = flat(joint.correct(x, BlockScale((1.0,) * M, 1.0), 'exact'))
    torch.testing.assert_close(exact, expected, rtol=0, atol=1e-9)
    paper = flat(joint.correct(x, BlockScale((1.0,) * M, 1.0), 'paper'))
    assert (paper - flat(x)).norm() >= (exact - flat(x)).norm()


@pytest.mark.parametrize('name', ['pool, mask', 'composite, blur'])
def test_exact_projection_has_gradients(name):
    joint, x = make(name)
    weights = joint.weights.clone().requires_grad_()

    def fused(w):
        return JointObservation(joint.observations, w).correct(x, BlockScale((1.0, 1.0), 1.0), 'exact').fused

    assert torch.autograd.gradcheck(fused, weights, eps=1e-6, atol=1e-5, fast_mode=True)


@pytest.mark.parametrize('scale', [0.0, 0.4, 1.0])
def test_sequential_fused_update_differs_by_the_errata_b2_term(scale):
    joint, x = make('identity, pool')
    joint_update, sequential = (
        joint.correct(x, BlockScale((scale,) * 2, scale), 'paper', mode).fused for mode in ('joint', 'sequential')
    )
    d = joint.residuals(x.sources)
    term = scale * (1 - scale) * sum(joint.weights[:, i : i + 1] * di for i, di in enumerate(d))
    torch.testing.assert_close(joint_update - sequential, term, rtol=0, atol=1e-12)


@pytest.mark.parametrize('scales', [(0.0, 0.0), (0.3, 0.8), (1.0, 1.0)])
def test_consistent_fused_update_fuses_the_corrected_sources(scales):
    joint, x = make('identity, pool')
    corrected = joint.correct(x, BlockScale(scales, 1.0), 'paper', 'consistent')
    torch.testing.assert_close(corrected.fused, joint.W.fuse(corrected.sources), rtol=0, atol=1e-12)
    half = joint.correct(x, BlockScale(scales, 0.5), 'paper', 'consistent')
    torch.testing.assert_close(half.fused, (x.fused + corrected.fused) / 2, rtol=0, atol=1e-12)
    joint_update = joint.correct(x, BlockScale(scales, 1.0), 'paper', 'joint')
    assert torch.equal(joint_update.sources[0], corrected.sources[0])
    assert torch.allclose(joint_update.fused, corrected.fused, atol=1e-12) == (scales == (1.0, 1.0))


@pytest.mark.parametrize('update', ['sequential', 'consistent'])
def test_the_exact_projection_has_one_update(update):
    joint, x = make('identity, pool')
    with pytest.raises(ValueError, match=f"fused_update '{update}' needs projection 'paper', got 'exact'"):
        joint.correct(x, BlockScale((1.0, 1.0), 1.0), 'exact', update)


def test_pack_and_unpack():
    x = random(2, 4, 5, 5)
    unpacked = JointTensor.unpack(x)
    assert len(unpacked.sources) == 3
    assert torch.equal(unpacked.pack(), x)


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        (dict(projection='nearest'), "projection must be one of .*got 'nearest'"),
        (dict(fused_update='both'), "fused_update must be one of .*got 'both'"),
    ],
)
def test_unknown_options(kwargs, message):
    joint, x = make('identity, pool')
    with pytest.raises(ValueError, match=message):
        joint.correct(x, BlockScale((1.0, 1.0), 1.0), **kwargs)


def test_disagreeing_sizes_and_numbers():
    joint, _ = make('identity, pool')
    with pytest.raises(ValueError, match='2 observations need as many weight maps, got 3'):
        JointObservation(joint.observations, random(1, 3, *SHAPE))
    with pytest.raises(ValueError, match='images of one size'):
        JointObservation(joint.observations, random(1, 2, 6, 7))
