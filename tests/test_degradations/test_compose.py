"""Compositions: order, parameters by position, sizes in between, resolution of choices."""

import pytest
import torch

from drfuse.degradations import AveragePool, Compose, GaussianBlur, Identity
from drfuse.utils.seed import keyed_generator

from .operators import compose, dense

SHAPE = (8, 8)


def test_the_first_in_the_list_acts_first():
    blur, pool = GaussianBlur(1.0, 5), AveragePool(2)
    A = Compose([blur, pool]).bind(Compose([blur, pool]).sample_params(None), SHAPE)
    B, S = blur.bind(blur.sample_params(None), SHAPE), pool.bind({}, SHAPE)
    torch.testing.assert_close(dense(A, SHAPE), dense(S, SHAPE) @ dense(B, SHAPE))


def test_order_matters_and_sizes_follow():
    assert compose(['pool2', 'pool3']).output_shape((13, 20)) == (3, 4)
    assert [p.image_shape for p in compose(['pool2', 'pool3']).parts({}, (13, 20))] == [(13, 20), (7, 10)]


def test_parameters_are_keyed_by_position():
    operator = compose(['gaussian_reflect', 'pool2', 'motion'])
    assert set(operator.sample_params(keyed_generator(0))) == {'0.sigma', '2.length', '2.angle'}


def test_compositions_nest():
    inner = Compose([Compose([GaussianBlur(1.0), AveragePool(2)]), AveragePool(2)])
    x = torch.rand(1, 1, 12, 12, generator=keyed_generator(1), dtype=torch.float64)
    flat = Compose([GaussianBlur(1.0), AveragePool(2), AveragePool(2)])
    torch.testing.assert_close(
        inner.bind(inner.sample_params(None), (12, 12)).forward(x),
        flat.bind(flat.sample_params(None), (12, 12)).forward(x),
    )


def test_resolve_settles_factors():
    operator = compose(['pool2']).resolve(keyed_generator(0))
    assert isinstance(operator, Compose)
    assert operator.pinv_level == 'moore_penrose'


def test_a_factor_must_be_a_linear_operator():
    with pytest.raises(ValueError, match=r'Compose takes linear operators, got OneOf: .*OneOf\(stages=\[\[\.\.\.\]'):
        Compose([dict(type='OneOf', stages=[dict(type='AveragePool', factor=2)])])
    with pytest.raises(ValueError, match='Compose takes linear operators, got GaussianNoise'):
        Compose([dict(type='GaussianNoise', sigma=0.1)])


def test_resolve_declares_the_level_of_the_resolved_factors():
    class Choice(AveragePool):
        """Settles for the identity, which is invertible."""

        def resolve(self, generator):
            return Identity()

    operator = Compose([Choice(2), AveragePool(2)])
    assert operator.pinv_level == 'approximate'
    assert operator.resolve(keyed_generator(0)).pinv_level == 'moore_penrose'


def test_a_factor_is_told_the_noise_that_undoing_later_ones_leaves():
    operator = Compose([GaussianBlur(1.0), AveragePool(2), AveragePool(3)])
    A = operator.bind(operator.sample_params(None), (24, 24)).with_noise(torch.tensor([0.01]))
    assert [float(part.noise_std) for part in operator.kept_parts(A)] == pytest.approx([0.06, 0.03, 0.01])
    blind = operator.bind(A.params, (24, 24))
    assert all(part.noise_std is None for part in operator.kept_parts(blind))


@pytest.mark.parametrize('factor', [2, 4])
def test_noise_of_low_resolution_is_not_blown_up(factor):
    """Wiener's filter of the blur meets repeated pixels: told their noise as it stands, it would amplify it."""
    shape, noise = (96, 96), 0.03 / factor
    rows, columns = torch.meshgrid(*(torch.arange(n, dtype=torch.float64) for n in shape), indexing='ij')
    x = (0.5 + 0.2 * torch.sin(rows / 9) * torch.cos(columns / 7))[None, None]
    operator = Compose([GaussianBlur(2.0, 21), AveragePool(factor)])
    A = operator.bind(operator.sample_params(None), shape)
    y = A.forward(x)
    y = y + noise * torch.randn(y.shape, generator=keyed_generator(3), dtype=torch.float64)
    error = A.with_noise(torch.tensor([noise], dtype=torch.float64)).pinv(y) - x
    untold = A.with_noise(torch.tensor([noise / factor], dtype=torch.float64)).pinv(y) - x
    assert error.square().mean().sqrt() < 0.8 * untold.square().mean().sqrt()
