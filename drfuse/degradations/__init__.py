"""Degradations as linear algebra: operators, noise, quantisers, and what is observed through them."""

from drfuse.degradations.blur import DefocusBlur, GaussianBlur, KernelBlur, MotionBlur
from drfuse.degradations.choice import OneOf
from drfuse.degradations.compose import Compose
from drfuse.degradations.convolution import Convolution
from drfuse.degradations.degradation import Degradation, Observation
from drfuse.degradations.downsample import AveragePool, BicubicDownsample, smooth_cells
from drfuse.degradations.fusion_operators import FusionWeights, PixelWeights, StarletWeights
from drfuse.degradations.identity import Identity
from drfuse.degradations.joint_observation import BlockScale, JointObservation, JointTensor
from drfuse.degradations.linear_operator import BoundOperator, LinearOperator, PinvLevel, Stage
from drfuse.degradations.mask import Mask, RandomMask, fill_holes
from drfuse.degradations.noise import (
    GaussianNoise,
    NoiseModel,
    PoissonGaussianNoise,
    SpeckleNoise,
    StripeNoise,
)
from drfuse.degradations.pinv_solvers import CGPinv, PinvSolver, ReverseOrderPinv, SpectralPinv, WienerPinv
from drfuse.degradations.quantisers import Clip, Floor, Quantiser, Round
from drfuse.degradations.window import Window

__all__ = [
    'AveragePool',
    'BicubicDownsample',
    'BlockScale',
    'BoundOperator',
    'CGPinv',
    'Clip',
    'Compose',
    'Convolution',
    'DefocusBlur',
    'Degradation',
    'Floor',
    'FusionWeights',
    'GaussianBlur',
    'GaussianNoise',
    'Identity',
    'JointObservation',
    'JointTensor',
    'KernelBlur',
    'LinearOperator',
    'Mask',
    'MotionBlur',
    'NoiseModel',
    'Observation',
    'OneOf',
    'PinvLevel',
    'PinvSolver',
    'PixelWeights',
    'PoissonGaussianNoise',
    'Quantiser',
    'RandomMask',
    'ReverseOrderPinv',
    'Round',
    'SpeckleNoise',
    'SpectralPinv',
    'Stage',
    'StarletWeights',
    'StripeNoise',
    'WienerPinv',
    'Window',
    'fill_holes',
    'smooth_cells',
]
