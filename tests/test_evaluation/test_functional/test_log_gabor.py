import numpy as np
import pytest

from drfuse.evaluation.functional import log_gabor
from drfuse.evaluation.functional.log_gabor import LogGaborBank, forget_filters


def by_definition(h, w, variant, o):
    y, x = (np.arange(n) - n // 2 for n in (h, w))
    fy, fx = (k / (n - n % 2) for k, n in ((y, h), (x, w)))
    low_y, low_x = (fy, fx) if variant == 'yuliu' else (y / h, x / w)
    radius = np.hypot(fy[:, None], fx)
    radius[h // 2, w // 2] = 1
    theta = np.fft.ifftshift(np.arctan2(-fy[:, None], fx))
    shift = np.fft.ifftshift if variant == 'yuliu' else np.fft.fftshift
    low_pass = 1 / (1 + (shift(np.hypot(low_y[:, None], low_x)) / 0.45)**30)
    d = np.abs(theta - o * np.pi / 6)
    angular = np.exp(-np.minimum(d, 2 * np.pi - d)**2 / (2 * (np.pi / 6 / 1.2)**2))
    scales = 3 * 2.1**np.arange(4)[:, None, None]
    filters = np.exp(-np.log(np.fft.ifftshift(radius) * scales)**2 / (2 * np.log(0.55)**2)) * low_pass * angular
    filters[:, 0, 0] = 0
    return filters


@pytest.mark.parametrize('shape', [(16, 20), (15, 20), (16, 21), (15, 21), (2, 3)])
@pytest.mark.parametrize('variant', ['yuliu', 'zliu'])
def test_filters_are_those_of_the_definition(shape, variant):
    bank = LogGaborBank.build(*shape, variant)
    for o in range(6):
        np.testing.assert_allclose(bank.radial * bank.angular[o], by_definition(*shape, variant, o), atol=1e-14)


@pytest.mark.parametrize('shape', [(16, 20), (15, 20), (16, 21), (15, 21)])
@pytest.mark.parametrize('variant', ['yuliu', 'zliu'])
def test_powers_by_transforms_of_the_filters(shape, variant):
    """Parseval against the impulse responses that the definition asks for."""
    bank = LogGaborBank.build(*shape, variant)
    for o in range(6):
        filters = by_definition(*shape, variant, o)
        responses = np.fft.ifft2(filters).real * np.sqrt(np.prod(shape))
        assert bank.noise_gain[o] == pytest.approx((responses.sum(0)**2).sum(), rel=1e-12)
        assert bank.finest_power[o] == pytest.approx((filters[0]**2).sum(), rel=1e-12)


def test_threads_change_no_bit():
    one, three = LogGaborBank.build(70, 51, 'yuliu'), LogGaborBank.build(70, 51, 'yuliu', 3)
    for name in ('radial', 'angular', 'finest_power', 'noise_gain'):
        np.testing.assert_array_equal(getattr(one, name), getattr(three, name))


def test_variants_differ_for_odd_sizes_only():
    for shape, same in (((16, 20), True), ((15, 20), False), ((16, 21), False)):
        y, z = (LogGaborBank.build(*shape, variant).radial for variant in ('yuliu', 'zliu'))
        assert np.allclose(y, z, atol=1e-14) is same


def test_filters_pass_no_mean_and_peak_at_their_wavelength():
    bank = LogGaborBank.build(128, 128, 'yuliu')
    assert (bank.radial[:, 0, 0] == 0).all()
    for scale, row in enumerate(bank.radial[:, 0, :64]):
        assert abs(row.argmax() - 128 / (3 * 2.1**scale)) <= 1
    # one-sided: 1 along the orientation, nothing opposite to it
    assert bank.angular[3, 112, 0] == pytest.approx(1) and bank.angular[3, 16, 0] == pytest.approx(0, abs=1e-10)


def test_the_last_bank_is_kept_unless_it_is_large(monkeypatch):
    bank = LogGaborBank.of_size(12, 15, 'zliu')
    for name, other in (('same', LogGaborBank.of_size(12, 15, 'zliu')), ('built', LogGaborBank.build(12, 15, 'zliu'))):
        assert (other is bank) is (name == 'same')
        np.testing.assert_array_equal(bank.angular, other.angular)
    assert LogGaborBank.of_size(12, 15, 'yuliu') is not bank
    monkeypatch.setattr(log_gabor, '_KEPT_PIXELS', 100)
    assert LogGaborBank.of_size(12, 15, 'yuliu') is not LogGaborBank.of_size(12, 15, 'yuliu')


def test_kept_filters_can_be_dropped():
    bank = LogGaborBank.of_size(9, 8, 'yuliu')
    forget_filters()
    assert LogGaborBank.of_size(9, 8, 'yuliu') is not bank
