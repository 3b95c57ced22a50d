"""The compiled functions do what those in NumPy do."""

import numpy as np
import pytest

from drfuse.evaluation.functional import phase_kernels

pytest.importorskip('numba')
compiled = pytest.importorskip('drfuse.evaluation.functional.phase_kernels_compiled')


@pytest.fixture(params=[(40, 36), (17, 23), (1, 2)], ids=str)
def responses(request):
    rng = np.random.default_rng(1)
    return rng.normal(size=(4, *request.param)) + 1j * rng.normal(size=(4, *request.param))


@pytest.mark.parametrize('scale', [0, 1e-6, 1, 1e4])
def test_energy(responses, scale):
    results = []
    for kernels in (phase_kernels, compiled):
        planes = np.ones((3, *responses[0].shape))
        kernels.add_energy(scale * responses, 0.3 * scale, *planes)
        results.append(planes)
    np.testing.assert_allclose(*results, rtol=1e-13, atol=1e-14)


def test_filter_and_power(responses):
    for kernels in (phase_kernels, compiled):
        out, squared = np.empty_like(responses[:2]), np.empty(responses[0].shape)
        kernels.filter_spectrum(responses[0], responses[1].real.copy(), responses[2:].real.copy(), out)
        kernels.power(responses[0], squared)
        if kernels is phase_kernels:
            expected = out, squared
    np.testing.assert_allclose(out, expected[0], rtol=1e-15)
    np.testing.assert_allclose(squared, expected[1], rtol=1e-15)


def test_the_exponential_of_the_whole_range():
    y = np.linspace(-5, 5, 1001)
    np.testing.assert_allclose([compiled._exp(x) for x in y], np.exp(y), rtol=1e-14)
