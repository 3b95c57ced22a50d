"""Blind estimation: what happened to an image, told from the image alone."""

from drfuse.estimation.blur import BlurEstimate, estimate_blur_sigma, measure_blur
from drfuse.estimation.degradation import EstimatedDegradation, estimate_degradation, infer_factor
from drfuse.estimation.noise import NoiseEstimate, estimate_noise_sigma, measure_noise

__all__ = ['BlurEstimate', 'EstimatedDegradation', 'NoiseEstimate', 'estimate_blur_sigma', 'estimate_degradation',
           'estimate_noise_sigma', 'infer_factor', 'measure_blur', 'measure_noise']
