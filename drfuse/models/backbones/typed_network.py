"""Any network for inference: a copy in one precision, its images stored channels last."""

from __future__ import annotations

import copy

import torch

from drfuse.diffusion.denoiser import DenoiserOutput, StepCondition
from drfuse.models.backbones.base_backbone import BaseDenoiser


class TypedNetwork(BaseDenoiser):
    """Runs a copy of a network that ignores ``cond`` in one precision, without casting weights at every call.

    Args:
        network: Left as it is.
        dtype: Of weights and features: float32 or bfloat16.

    Shape:
        As of the network.
    """

    def __init__(self, network: BaseDenoiser, dtype: torch.dtype = torch.float32) -> None:
        super().__init__(network.num_sources)
        self.network = copy.deepcopy(network).to(dtype=dtype, memory_format=torch.channels_last).eval()
        self.dtype = dtype
        self.size_divisibility, self.receptive_field = network.size_divisibility, network.receptive_field
        self.weight_bands, self.bytes_per_pixel = network.weight_bands, network.bytes_per_pixel  # type: ignore[misc]

    @torch.no_grad()
    def forward_features(self, x: torch.Tensor, t: torch.Tensor, cond: StepCondition | None) -> DenoiserOutput:
        """Predict noise and weight logits."""
        image = x.to(self.dtype, memory_format=torch.channels_last)
        eps, logits = self.network.forward_features(image, t, None)
        plain = torch.contiguous_format
        return DenoiserOutput(eps.to(x.dtype, memory_format=plain), logits.to(x.dtype, memory_format=plain))
