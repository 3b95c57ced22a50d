"""Models: backbones, losses, whole fusion models and the batch preprocessor."""

from drfuse.models.backbones import (
    BaseDenoiser,
    DenoiserOutput,
    DualDecoderUNet,
    LightUNet,
    StepCondition,
    StepwiseDenoiser,
)
from drfuse.models.data_preprocessor import FusionDataPreprocessor
from drfuse.models.fusion_models import BaseFusionModel, DRFusion
from drfuse.models.losses import (
    FusionLoss,
    IVFLoss,
    MedicalLoss,
    QualityFusionLoss,
    SmallerHalfLoss,
    SourceReconLoss,
)

__all__ = ['BaseDenoiser', 'BaseFusionModel', 'DRFusion', 'DenoiserOutput', 'DualDecoderUNet',
           'FusionDataPreprocessor', 'FusionLoss', 'IVFLoss', 'LightUNet', 'MedicalLoss', 'QualityFusionLoss',
           'SmallerHalfLoss', 'SourceReconLoss', 'StepCondition', 'StepwiseDenoiser']
