"""Restoration and fusion objectives."""

from drfuse.models.losses.base_fusion_loss import FusionLoss
from drfuse.models.losses.ivf_loss import IVFLoss
from drfuse.models.losses.medical_loss import MedicalLoss
from drfuse.models.losses.quality_loss import QualityFusionLoss
from drfuse.models.losses.smaller_half_loss import SmallerHalfLoss
from drfuse.models.losses.source_recon_loss import SourceReconLoss

__all__ = ['FusionLoss', 'IVFLoss', 'MedicalLoss', 'QualityFusionLoss', 'SmallerHalfLoss', 'SourceReconLoss']
