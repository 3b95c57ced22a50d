"""Pseudoinverse solvers: A^+ y for operators that have no closed form, or want another one."""

from drfuse.degradations.pinv_solvers.base import PinvSolver
from drfuse.degradations.pinv_solvers.conjugate_gradient import CGPinv, conjugate_gradient
from drfuse.degradations.pinv_solvers.fourier import SpectralPinv, WienerPinv
from drfuse.degradations.pinv_solvers.harmonic import HarmonicPinv
from drfuse.degradations.pinv_solvers.interpolating import InterpolatingPinv
from drfuse.degradations.pinv_solvers.reverse_order import ReverseOrderPinv

__all__ = ['CGPinv', 'HarmonicPinv', 'InterpolatingPinv', 'PinvSolver', 'ReverseOrderPinv', 'SpectralPinv',
           'WienerPinv', 'conjugate_gradient']
