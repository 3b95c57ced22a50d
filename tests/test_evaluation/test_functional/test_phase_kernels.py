import numpy as np
import pytest

from drfuse.evaluation.functional import phase_kernels

SHAPES = [(40, 36), (17, 23), (1, 2)]


@pytest.fixture(params=SHAPES, ids=str)
def responses(request):
    rng = np.random.default_rng(0)
    scale = np.array([9., 4., 2., 1.])[:, None, None]
    return scale * (rng.normal(size=(4, *request.param)) + 1j * rng.normal(size=(4, *request.param)))


def by_definition(responses, threshold):
    """Energy and amplitude as Kovesi writes them, sums over e, o taken one by one."""
    even, odd = responses.real, responses.imag
    e, o = even.sum(0), odd.sum(0)
    n = np.sqrt(e**2 + o**2) + 1e-4
    energy = (even * e / n + odd * o / n - abs(even * o / n - odd * e / n)).sum(0)
    amplitude = np.hypot(even, odd)
    spread = amplitude.sum(0) / (amplitude.max(0) + 1e-4) / 4
    return (energy - threshold).clip(0) / (1 + np.exp(10 * (0.5 - spread))), amplitude.sum(0)


def test_energy_is_that_of_the_definition(responses):
    energy, amplitude = by_definition(responses, 0.7)
    energies, amplitudes = np.full(energy.shape, 3.), np.full(energy.shape, 5.)
    squares = np.full(energy.shape, np.nan)
    phase_kernels.add_energy(responses, 0.7, energies, amplitudes, squares)
    np.testing.assert_allclose(energies, 3 + energy, atol=1e-12)
    np.testing.assert_allclose(amplitudes, 5 + amplitude, atol=1e-12)
    np.testing.assert_allclose(squares, (energy / amplitude)**2, atol=1e-12)


def test_no_response_has_no_energy_and_is_no_nan():
    planes = np.zeros((3, 5, 6))
    phase_kernels.add_energy(np.zeros((4, 5, 6), complex), 0., *planes)
    np.testing.assert_array_equal(planes, 0)


def test_filter_and_power(responses):
    out, squared = np.empty_like(responses[:2]), np.empty(responses[0].shape)
    phase_kernels.filter_spectrum(responses[0], responses[1].real, responses[2:].real, out)
    np.testing.assert_allclose(out, responses[0] * responses[1].real * responses[2:].real, rtol=1e-14)
    phase_kernels.power(responses[0], squared)
    np.testing.assert_allclose(squared, abs(responses[0])**2, rtol=1e-14)
