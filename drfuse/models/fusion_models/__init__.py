"""Whole models."""

from drfuse.models.fusion_models.base_fusion_model import BaseFusionModel
from drfuse.models.fusion_models.drfusion import DRFusion

__all__ = ['BaseFusionModel', 'DRFusion']
