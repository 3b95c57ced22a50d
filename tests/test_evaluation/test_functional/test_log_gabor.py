import numpy as np
import pytest

from drfuse.evaluation.functional.log_gabor import LogGaborBank


@pytest.mark.parametrize('shape', [(16, 20), (15, 20), (16, 21), (15, 21)])
@pytest.mark.parametrize('variant', ['yuliu', 'zliu'])
def test_powers_by_transforms_of_the_filters(shape, variant):
    """Parseval against the impulse responses that the definition asks for."""
    bank = LogGaborBank.build(*shape, variant)
    for o in range(6):
        filters = bank.radial * bank.angular[o]
        responses = np.fft.ifft2(filters).real * np.sqrt(np.prod(shape))
        assert bank.noise_gain[o] == pytest.approx((responses.sum(0)**2).sum(), rel=1e-12)
        assert bank.finest_power[o] == pytest.approx((filters[0]**2).sum(), rel=1e-12)


def test_threads_change_no_bit():
    one, three = LogGaborBank.build(70, 51, 'yuliu'), LogGaborBank.build(70, 51, 'yuliu', 3)
    for name in ('radial_pairs', 'angular', 'finest_power', 'noise_gain'):
        np.testing.assert_array_equal(getattr(one, name), getattr(three, name))


def test_variants_differ_for_odd_sizes_only():
    for shape, same in (((16, 20), True), ((15, 20), False), ((16, 21), False)):
        y, z = (LogGaborBank.build(*shape, variant).radial for variant in ('yuliu', 'zliu'))
        assert np.allclose(y, z, atol=1e-14) is same


def test_filters_pass_no_mean_and_peak_at_their_wavelength():
    bank = LogGaborBank.build(128, 128, 'yuliu')
    assert (bank.radial[:, 0, 0] == 0).all()
    for scale, row in enumerate(bank.radial[1:, 0, :64], start=1):  # the finest one is cut by the low-pass
        assert abs(row.argmax() - 128 / (3 * 2.1**scale)) <= 1
    assert bank.angular[3, 96, 0] == pytest.approx(1) and bank.angular[3, 32, 0] < 1e-10
