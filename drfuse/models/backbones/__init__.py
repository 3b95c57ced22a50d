"""Networks that predict noise and fusion weights."""

from drfuse.diffusion.denoiser import DenoiserOutput, StepCondition
from drfuse.models.backbones.base_backbone import BaseDenoiser
from drfuse.models.backbones.dual_decoder_unet import DualDecoderUNet

__all__ = ['BaseDenoiser', 'DenoiserOutput', 'DualDecoderUNet', 'StepCondition']
