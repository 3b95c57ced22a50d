"""The reverse process: schedules, DDIM step, correction scales, and the sampler."""

from drfuse.diffusion.correction_scales import ConstantScale, DDNMPlusScale, LearnedScale
from drfuse.diffusion.ddim import ddim_step, predict_x0
from drfuse.diffusion.denoiser import Denoiser, DenoiserOutput, StepCondition
from drfuse.diffusion.fusion_rules import PixelFusion, StarletFusion
from drfuse.diffusion.output import FusionOutput, StepRecord
from drfuse.diffusion.samplers import FusionDDIMSampler
from drfuse.diffusion.schedules import AlphaSchedule

__all__ = [
    'AlphaSchedule',
    'ConstantScale',
    'DDNMPlusScale',
    'Denoiser',
    'DenoiserOutput',
    'FusionDDIMSampler',
    'FusionOutput',
    'LearnedScale',
    'PixelFusion',
    'StarletFusion',
    'StepCondition',
    'StepRecord',
    'ddim_step',
    'predict_x0',
]
