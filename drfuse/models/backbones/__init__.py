"""Networks that predict noise and fusion weights."""

from drfuse.diffusion.denoiser import DenoiserOutput, StepCondition
from drfuse.models.backbones.base_backbone import BaseDenoiser
from drfuse.models.backbones.dual_decoder_unet import DualDecoderUNet
from drfuse.models.backbones.light_unet import LightUNet
from drfuse.models.backbones.stepwise import StepwiseDenoiser

__all__ = ['BaseDenoiser', 'DenoiserOutput', 'DualDecoderUNet', 'LightUNet', 'StepCondition', 'StepwiseDenoiser']
