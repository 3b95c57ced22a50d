"""The contract between a backbone and the sampler."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import torch
from mmengine.model import BaseModule

from drfuse.diffusion.denoiser import DenoiserOutput, StepCondition, pad_image


class BaseDenoiser(BaseModule):
    """Base of all backbones: pads to what the network needs, runs it, crops back.

    Args:
        num_sources: M >= 2, number of modalities.
        init_cfg: MMEngine initialisation config.
    """

    size_divisibility: int = 1
    """Height and width handed to :meth:`forward_features` are multiples of this."""
    receptive_field: int | None = None
    """Side in pixels of the input window one output pixel depends on; None = the whole image."""
    bytes_per_pixel: ClassVar[int] = 8192
    """Memory that a whole reverse process takes at its peak, per pixel of the picture; decides about tiles. The default
    is a guess on the safe side; ``tools/analysis_tools/measure_tiling.py --calibrate`` measures it."""
    weight_bands: int = 1
    """K, the logits a source and pixel: those that the sampler's fusion rule asks for."""
    uses_condition: ClassVar[bool] = False
    """True if the network reads ``cond``; the sampler then computes it."""

    def __init__(self, num_sources: int = 2, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        if num_sources < 2:
            raise ValueError(f'{type(self).__name__} needs num_sources >= 2, got {num_sources}')
        self.num_sources = num_sources

    def forward(self, x: torch.Tensor, t: torch.Tensor, cond: StepCondition | None = None) -> DenoiserOutput:
        """Predict noise and fusion weights.

        Args:
            x: (B, M + 1, H, W) state x_t, any H and W.
            t: (B,) integer step indices, 1..T.
            cond: What is known about the sources; may be ignored.

        Returns:
            Noise and weight logits at (H, W), in the dtype of ``x``; the memory as the network left it.

        Raises:
            ValueError: If ``x`` has not M + 1 channels.
        """
        if x.shape[1] != self.num_sources + 1:
            raise ValueError(f'{type(self).__name__} with num_sources={self.num_sources} needs '
                             f'{self.num_sources + 1} channels, got {x.shape[1]}')
        height, width = x.shape[-2:]
        d = self.size_divisibility
        pad = (0, -width % d, 0, -height % d)
        if any(pad):
            x, cond = pad_image(x, pad), cond and cond.pad(pad)
        eps, logits, memory = self.forward_features(x, t, cond)
        # under autocast the network may answer in half precision, the physics goes on in that of the state
        return DenoiserOutput(*(o[..., :height, :width].to(x.dtype) for o in (eps, logits)), memory)

    def for_inference(self, dtype: torch.dtype) -> BaseDenoiser:
        """Return a network that predicts the same faster, with weights and features of ``dtype``; or this one.

        It has the attributes that tiling and sampler read. The default changes nothing: half precision then comes from
        autocast.
        """
        return self

    @abstractmethod
    def forward_features(self, x: torch.Tensor, t: torch.Tensor, cond: StepCondition | None) -> DenoiserOutput:
        """Run the network on an input whose sides are multiples of ``size_divisibility``."""
