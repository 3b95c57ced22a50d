"""What a dataset knows of a pair besides the observations, and what a model predicts for it."""

import torch
from mmengine.structures import BaseDataElement


class FusionDataSample(BaseDataElement):
    """Labels and predictions of one pair (or tuple) of sources.

    Fields (each absent until set; images float32 in [0, 1]):
        gt_sources: (M, H, W) clean luminance of the sources: labels only.
        chroma: dict from modality to the (2, h, w) chroma of the *degraded* image; colour sources only.
        observed: dict from modality to the (1, h, w) observed luminance.
        pred_sources: (M, H, W) restored luminance.
        pred_fused: (1, H, W) fused luminance.
        pred_weights: (M, H, W) fusion weights.
        fused_image: (3 or 1, H, W) fused image with the colour source's chroma put back.

    Metainfo: ``stem`` (file stem, unique in its dataset), ``modalities`` (names in order), ``paths``
    (modality to file), ``image_shape`` (H, W), ``data`` (what the pixels are, for example ``files`` or
    ``embedded-synthetic``).
    """

    gt_sources: torch.Tensor
    chroma: dict[str, torch.Tensor]
    observed: dict[str, torch.Tensor]
    pred_sources: torch.Tensor
    pred_fused: torch.Tensor
    pred_weights: torch.Tensor
    fused_image: torch.Tensor
