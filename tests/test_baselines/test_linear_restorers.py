import pytest
import torch
from torch.nn import functional as F

from drfuse.baselines import Bicubic, PseudoInverse, Wiener
from drfuse.baselines.restorer import LEVEL, effective_variance

BLUR, NOISE = dict(type='GaussianBlur', sigma=1.2, kernel_size=9), dict(type='GaussianNoise', sigma=0.04)


def test_bicubic_enlarges(composite, scene):
    image, (height, width) = Bicubic()(composite), scene.shape[-2:]  # 33 rows: the last cell is cut
    whole = F.interpolate(composite.y, scale_factor=2, mode='bicubic')[..., :height, :width]
    torch.testing.assert_close(image, whole.clamp(0, 1))


def test_pseudoinverse_takes_its_gamma(observe, error):
    observation = observe(BLUR)
    assert error(PseudoInverse(1e-3)(observation)) < error(PseudoInverse(1e-1)(observation))


def test_wiener_equals_the_dense_solution(observe):
    observation = observe(dict(type='AveragePool', factor=2), NOISE)
    A, (height, width) = observation.A, observation.A.image_shape
    basis = torch.eye(height * width).view(-1, 1, height, width)
    matrix = A.forward(basis).flatten(1).T.double()
    rows = (basis[..., 1:, :] - basis[..., :-1, :]).flatten(1).T.double()
    columns = (basis[..., 1:] - basis[..., :-1]).flatten(1).T.double()
    damping = 50 * float(effective_variance(observation)[0])
    normal = matrix.T @ matrix + damping * (rows.T @ rows + columns.T @ columns)
    dense = torch.linalg.solve(normal, matrix.T @ observation.y[0].flatten().double()).clamp(0, 1)
    image = Wiener(50.0, max_iter=500)(observation)
    torch.testing.assert_close(image[0].flatten().double(), dense, rtol=0, atol=LEVEL / 10)


@pytest.mark.parametrize('stages', [[NOISE], [BLUR, NOISE], [BLUR, NOISE, dict(type='AveragePool', factor=2)]])
def test_wiener_beats_doing_nothing(observe, error, stages):
    observation = observe(*stages)
    assert error(Wiener(100.0)(observation)) < error(Bicubic()(observation))


def test_weight_must_be_positive():
    with pytest.raises(ValueError, match='Wiener weight must be > 0, got 0'):
        Wiener(0)
