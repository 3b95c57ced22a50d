"""Deconvolution by FFT: exact on circular data, no ringing borders, gamma follows the noise."""

import pytest
import torch

from drfuse.degradations import AveragePool, Compose, GaussianBlur, Identity, MotionBlur, SpectralPinv, WienerPinv
from drfuse.degradations.pinv_solvers.fourier import close_period, transfer_function
from drfuse.degradations.window import Window
from drfuse.testing import check_operator
from drfuse.utils.seed import keyed_generator


def scene(height=97, width=120):
    """A smooth random scene in [0.2, 0.8] that does not vanish at the borders."""
    coarse = torch.rand(1, 1, 7, 8, generator=keyed_generator('scene'), dtype=torch.float64)
    fine = torch.nn.functional.interpolate(coarse, (height, width), mode='bicubic', align_corners=True)
    return 0.2 + 0.6 * fine.clamp(0, 1)


def restoration_error(operator):
    x = scene()
    A = operator.bind(operator.sample_params(None), x.shape[-2:])
    y = A.forward(x)
    return (A.pinv(y) - x).abs(), (y - x).abs()


def mean_squares(operator):
    """Mean squared errors: (restored, blurred) near the border, then inside."""
    restored, blurred = restoration_error(operator)
    border = torch.ones_like(restored, dtype=torch.bool)
    border[..., 12:-12, 12:-12] = False
    return [float(e[part].square().mean()) for part in (border, ~border) for e in (restored, blurred)]


@pytest.mark.parametrize('boundary', ['reflect', 'zero'])
def test_borders_of_a_symmetric_blur_do_not_ring(boundary):
    border, border_y, inner, inner_y = mean_squares(GaussianBlur(2.0, 21, boundary=boundary))
    assert border < 0.5 * border_y
    assert inner < 0.1 * inner_y


@pytest.mark.parametrize('boundary', ['reflect', 'zero'])
def test_consistency_passes_tame_the_borders_of_a_motion_blur(boundary, monkeypatch):
    operator = MotionBlur(9, 30, boundary=boundary)
    with_passes, blurred = mean_squares(operator)[:2]
    monkeypatch.setattr(WienerPinv, 'consistency_passes', 0)
    assert with_passes < 0.9 * mean_squares(operator)[0]
    assert with_passes < 0.7 * blurred or boundary == 'reflect'


def test_conjugate_gradients_do_better_where_a_motion_blur_meets_black():
    by_fft = mean_squares(MotionBlur(9, 30, boundary='zero'))
    exact = mean_squares(MotionBlur(9, 30, boundary='zero', pinv_solver=dict(type='CGPinv', damping=1e-3)))
    assert exact[0] < 0.3 * by_fft[0]
    assert exact[2] < 0.3 * by_fft[2]


def test_spectral_is_exact_on_a_circular_convolution():
    operator = GaussianBlur(0.8, boundary='circular', pinv_solver=dict(type='SpectralPinv'))
    restored, _ = restoration_error(operator)
    assert restored.max() < 1e-8


def test_automatic_gamma_follows_the_noise_of_each_sample():
    operator = GaussianBlur(1.5, boundary='circular')
    y = torch.randn(1, 1, 32, 32, generator=keyed_generator(1), dtype=torch.float64).expand(2, -1, -1, -1)
    A = operator.bind(operator.sample_params(None), (32, 32)).with_noise(torch.tensor([0.01, 0.1]))
    quiet, noisy = A.pinv(y)
    assert quiet.std() > 2 * noisy.std()
    fixed = GaussianBlur(1.5, boundary='circular', pinv_solver=dict(type='WienerPinv', gamma=0.1**2 / 0.05))
    torch.testing.assert_close(fixed.bind(operator.sample_params(None), (32, 32)).pinv(y)[1], noisy)


def test_automatic_gamma_is_relative_to_what_the_operator_looks_for():
    operator = GaussianBlur(1.5)
    A = operator.bind(operator.sample_params(None), (32, 32)).with_noise(torch.tensor([0.01]), signal_variance=0.02**2)
    y = torch.randn(1, 1, 32, 32, generator=keyed_generator(1))
    fixed = GaussianBlur(1.5, pinv_solver=dict(type='WienerPinv', gamma=0.25)).bind(A.params, (32, 32))
    torch.testing.assert_close(A.pinv(y), fixed.pinv(y))
    assert A.window(Window(0, 16, 0, 32)).signal_variance == 0.02**2
    product = Compose([operator, dict(type='AveragePool', factor=2)]).bind(
        {'0.sigma': torch.tensor([1.5])}, (32, 32)).with_noise(torch.tensor([0.01]), signal_variance=0.02**2)
    up = AveragePool(2).bind({}, (32, 32)).pinv(y[..., ::2, ::2])
    # repeated pixels carry twice the noise where the image lives
    fixed = GaussianBlur(1.5, pinv_solver=dict(type='WienerPinv', gamma=1.0)).bind(A.params, (32, 32))
    torch.testing.assert_close(product.pinv(y[..., ::2, ::2]), fixed.pinv(up))


def test_transfer_function_is_the_spectrum_of_a_centred_delta():
    delta = torch.zeros(1, 5, 4, dtype=torch.float64)
    delta[0, 2, 2] = 1
    torch.testing.assert_close(transfer_function(delta, (9, 8)), torch.ones(1, 9, 5, dtype=torch.complex128))


@pytest.mark.parametrize('odd', [False, True])
def test_closed_period_has_no_seam(odd):
    x = scene(40, 44)
    closed = close_period(x, (64, 72), odd)
    assert closed.shape[-2:] == (64, 72)
    assert torch.equal(closed[..., :40, :44], x)
    inner = (x[..., 1:, :] - x[..., :-1, :]).abs().max()
    seams = [
        (closed[..., 40, :] - closed[..., 39, :]).abs().max(),
        (closed[..., 0, :] - closed[..., -1, :]).abs().max(),
    ]
    assert max(seams) <= 2 * inner


@pytest.mark.parametrize('bad', [dict(gamma=0), dict(gamma='big'), dict(min_gamma=0), dict(signal_variance=-1)])
def test_bad_wiener_arguments(bad):
    with pytest.raises(ValueError, match='WienerPinv'):
        WienerPinv(**bad)


def test_bad_spectral_threshold_and_operator():
    with pytest.raises(ValueError, match='SpectralPinv threshold'):
        SpectralPinv(1.5)
    with pytest.raises(TypeError, match='WienerPinv needs a convolution, got Identity: use CGPinv'):
        Identity(pinv_solver=dict(type='WienerPinv')).bind({}, (4, 4)).pinv(torch.zeros(1, 1, 4, 4))


def test_a_batch_of_symmetric_and_other_kernels_equals_its_samples():
    operator = MotionBlur(5, (0, 180))
    params = dict(length=torch.full((2,), 5.0).double(), angle=torch.tensor([0.0, 30.0]).double())
    y = torch.rand(2, 1, 24, 24, generator=keyed_generator(2), dtype=torch.float64)
    batched = operator.bind(params, (24, 24)).pinv(y)
    for i in range(2):
        single = operator.bind({k: v[i:i + 1] for k, v in params.items()}, (24, 24)).pinv(y[i:i + 1])
        torch.testing.assert_close(batched[i:i + 1], single)


def test_wiener_is_differentiable_in_the_kernel():
    sigma = torch.tensor([1.5], dtype=torch.float64, requires_grad=True)
    y = torch.rand(1, 1, 12, 13, generator=keyed_generator(3), dtype=torch.float64)
    operator = GaussianBlur(1.5)
    assert torch.autograd.gradcheck(lambda s: operator.bind(dict(sigma=s), (12, 13)).pinv(y), sigma, atol=1e-4)


def test_a_truncated_spectrum_does_not_claim_to_be_exact():
    operator = GaussianBlur(1.5, boundary='circular', pinv_solver=dict(type='SpectralPinv'))
    assert operator.pinv_level == 'iterative'  # the cut removes what the kernel lets through: condition 1 fails by 1e-6
    check_operator(operator)
    assert GaussianBlur(1.5, pinv_solver=dict(type='SpectralPinv')).pinv_level == 'approximate'


@pytest.mark.parametrize(('boundary', 'levels'), [('reflect', 0.05), ('zero', 0.25)])
def test_what_lies_at_one_border_is_not_felt_at_the_other(boundary, levels):
    A = GaussianBlur(2.0, 21, boundary=boundary).bind(dict(sigma=torch.tensor([2.0])), (64, 160))
    y = A.forward(torch.rand(1, 1, 64, 160, generator=keyed_generator(0)))
    other = torch.cat([y[..., :120], 1 - y[..., 120:]], -1)
    change = (A.pinv(y) - A.pinv(other)).abs().amax((0, 1, 2))
    assert float(change[140:].max()) > 0.1
    assert float(change[:80].max()) < levels / 255
