"""Containers and conversions for images of a pair."""

from drfuse.structures.color import (
    LUMA_WEIGHTS,
    NEUTRAL_CHROMA,
    rgb_to_ycbcr,
    split_luma_chroma,
    ycbcr_to_rgb,
)
from drfuse.structures.fusion_data_sample import FusionDataSample

__all__ = ['LUMA_WEIGHTS', 'NEUTRAL_CHROMA', 'FusionDataSample', 'rgb_to_ycbcr', 'split_luma_chroma', 'ycbcr_to_rgb']
