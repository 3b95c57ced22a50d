"""The paper's network for inference: one precision, time shifts in biases, elementwise work in place or fused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from drfuse.diffusion.denoiser import DenoiserOutput, StepCondition
from drfuse.models.backbones.base_backbone import BaseDenoiser
from drfuse.models.backbones.dual_decoder_unet import DualDecoderUNet
from drfuse.models.backbones.fused_conv import FusedConv
from drfuse.models.backbones.layers import Downsample, ResBlock, SkipAttention, Upsample
from drfuse.utils.heap import kept_heap

_CHANNELS_LAST = torch.channels_last


class _Norm(NamedTuple):
    """GroupNorm and SiLU."""

    groups: int
    weight: torch.Tensor
    bias: torch.Tensor
    eps: float

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return F.silu(F.group_norm(x, self.groups, self.weight, self.bias, self.eps), inplace=True)


class _Block(NamedTuple):
    """A residual block; ``shift`` (out, time_dim) and its bias are what it adds for the step's embedding."""

    norm1: _Norm
    conv1: FusedConv
    shift: nn.Linear
    norm2: _Norm
    conv2: FusedConv
    shortcut: FusedConv | None

    def __call__(self, x: torch.Tensor, emb: torch.Tensor, keep: bool) -> torch.Tensor:
        """Return the block's result, in place of x unless that is to be kept; ``emb`` (time_dim,) behind its SiLU."""
        bias = self.conv1.bias + self.shift(emb).to(self.conv1.bias)
        h = self.norm2(self.conv1._replace(bias=bias)(self.norm1(x)))
        if self.shortcut is not None:
            return self.conv2.add_to(self.shortcut(x), h)
        return self.conv2.add_to(x.clone() if keep else x, h)


class _Pools(NamedTuple):
    """Mean and maximum of a skip over the image (2 B, C, 1, 1), which both decoders' attentions read."""

    skip: torch.Tensor
    both: torch.Tensor

    @classmethod
    def of(cls, skip: torch.Tensor) -> _Pools:
        return cls(skip, torch.cat((skip.mean((2, 3), keepdim=True), skip.amax((2, 3), keepdim=True))))


class FoldedDualDecoderUNet(BaseDenoiser):
    """Computes what a :class:`DualDecoderUNet` does, for inference only.

    Images are stored channels last in one precision. What a residual block adds for the step becomes part of a bias;
    its sum is made by the last convolution; both decoders share the pools of a skip; images are changed in place. In
    float32 results differ by rounding alone.

    Args:
        network: Its weights are copied.
        dtype: Of weights and features, float32 or bfloat16; embeddings stay in float32.

    Shape:
        As of the network, but for M = 2 ``weight_logits`` is (B, 1, H, W): those of source 2 are 0.
    """

    def __init__(self, network: DualDecoderUNet, dtype: torch.dtype = torch.float32) -> None:
        super().__init__(network.num_sources)
        self.network, self.dtype = network, dtype
        self.size_divisibility, self.receptive_field = network.size_divisibility, network.receptive_field
        self.weight_bands, self.bytes_per_pixel = network.weight_bands, network.bytes_per_pixel  # type: ignore[misc]
        self._stem = FusedConv.of(network.stem, dtype)
        self._encoder = [([self._block(b) for b in stage.blocks], self._resample(stage.resample))
                         for stage in network.encoder]
        self._middle = [self._block(b) for b in network.middle]
        self._decoders = [self._decoder(d) for d in (network.eps_decoder, network.weight_decoder)]

    @torch.no_grad()
    def forward_features(self, x: torch.Tensor, t: torch.Tensor, cond: StepCondition | None) -> DenoiserOutput:
        """Predict noise and weight logits; all samples are at the same step."""
        with kept_heap():
            return self._run(x, t)

    def _run(self, x: torch.Tensor, t: torch.Tensor) -> DenoiserOutput:
        emb = F.silu(self.network.time_embedding(t[:1])[0])
        h, skips = self._stem(x.to(self.dtype, memory_format=_CHANNELS_LAST)), []
        for k, (blocks, resample) in enumerate(self._encoder):
            for i, block in enumerate(blocks):
                h = block(h, emb, keep=k > 0 and i == 0)  # what comes in is a skip
            h = h if resample is None else resample(h)
            skips.append(_Pools.of(h))
        for i, block in enumerate(self._middle):
            h = block(h, emb, keep=i == 0)
        return DenoiserOutput(*(decoder(h, skips, emb).to(x.dtype, memory_format=torch.contiguous_format)
                                for decoder in self._decoders))

    def _block(self, block: ResBlock) -> _Block:
        shortcut = None if isinstance(block.shortcut, nn.Identity) else FusedConv.of(block.shortcut, self.dtype)
        return _Block(self._norm(block.norm1), FusedConv.of(block.conv1, self.dtype), block.time_proj,
                      self._norm(block.norm2), FusedConv.of(block.conv2, self.dtype), shortcut)

    def _norm(self, norm: nn.GroupNorm) -> _Norm:
        return _Norm(norm.num_groups, *(p.detach().to(self.dtype, copy=True) for p in (norm.weight, norm.bias)),
                     norm.eps)

    def _resample(self, layer: nn.Module) -> FusedConv | _Up | None:
        if isinstance(layer, Downsample):
            return FusedConv.of(layer.conv, self.dtype)
        return _Up.of(layer.conv, self.dtype) if isinstance(layer, Upsample) else None

    def _decoder(self, decoder: nn.Module) -> _Decoder:
        stages = [([self._block(b) for b in stage.blocks], self._resample(stage.resample)) for stage in decoder.stages]
        attentions = [_Attention.of(a, self.dtype) for a in decoder.attentions]
        norm, _, conv = decoder.head
        return _Decoder(stages, attentions, self._norm(norm), FusedConv.of(conv, self.dtype))


class _Up(NamedTuple):
    """A transposed convolution of stride 2 that doubles the size."""

    weight: torch.Tensor
    bias: torch.Tensor

    @classmethod
    def of(cls, layer: nn.ConvTranspose2d, dtype: torch.dtype) -> _Up:
        return cls(layer.weight.detach().to(dtype, memory_format=_CHANNELS_LAST, copy=True),
                   layer.bias.detach().to(dtype, copy=True))

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return F.conv_transpose2d(x, self.weight, self.bias, 2, 1, 1)


class _Attention(NamedTuple):
    """Channel times spatial attention on a skip."""

    squeeze: FusedConv
    expand: FusedConv
    spatial: FusedConv

    @classmethod
    def of(cls, attention: SkipAttention, dtype: torch.dtype) -> _Attention:
        return cls(*(FusedConv.of(layer, dtype) for layer in (attention.squeeze, attention.expand, attention.spatial)))

    def add_to(self, total: torch.Tensor, pools: _Pools) -> torch.Tensor:
        """Add the weighted skip to ``total`` in place."""
        both = self.expand(self.squeeze.relu(pools.both))
        channel = torch.sigmoid(both[:len(total)] + both[len(total):])
        return total.addcmul_(pools.skip * channel, torch.sigmoid(self.spatial(pools.skip)))


class _Decoder(NamedTuple):
    """From the middle features to an image."""

    stages: list[tuple[list[_Block], FusedConv | _Up | None]]
    attentions: list[_Attention]
    norm: _Norm
    conv: FusedConv

    def __call__(self, x: torch.Tensor, skips: Sequence[_Pools], emb: torch.Tensor) -> torch.Tensor:
        h = self.attentions[-1].add_to(x.clone(), skips[-1])
        for k, (blocks, resample) in enumerate(self.stages):
            for block in blocks:
                h = block(h, emb, keep=False)
            h = h if resample is None else resample(h)
            level = len(skips) - 2 - k
            if level >= 0:
                h = self.attentions[level].add_to(h, skips[level])
        return self.conv(self.norm(h))
