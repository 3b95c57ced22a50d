"""A solver shows its configuration, which is how operators are told apart."""

from drfuse.degradations import CGPinv, WienerPinv


def test_repr_is_the_configuration():
    assert repr(WienerPinv(gamma=0.1)) == 'WienerPinv(gamma=0.1, min_gamma=0.001, signal_variance=0.05)'
    assert repr(CGPinv()) != repr(CGPinv(max_iter=3))
