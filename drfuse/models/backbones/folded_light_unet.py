"""The light U-Net for inference: one precision, time shifts folded into convolutions, elementwise work fused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from drfuse.diffusion.denoiser import DenoiserOutput, StepCondition
from drfuse.models.backbones.base_backbone import BaseDenoiser
from drfuse.models.backbones.light_blocks import FEATURE_LIMIT, BlockChain, ConvBlock, DenseBlock, GatedBlock, TimeShift
from drfuse.models.backbones.light_unet import SIGMA_UNIT, LightUNet

_CHANNELS_LAST = torch.channels_last
_COARSE = ('encoder2', 'bottom', 'decoder2', 'down1', 'down2', 'up1', 'up2')
_FINE = ('encoder1', 'decoder1', 'eps_head', 'weight_stem', 'weight_chain', 'weight_head')


class _Conv(NamedTuple):
    """A convolution whose output has the size of its input over ``stride``."""

    weight: torch.Tensor
    bias: torch.Tensor
    stride: int = 1
    groups: int = 1

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return self._fused(x, 'none') if _has_fused(x) else \
            F.conv2d(x, self.weight, self.bias, self.stride, self.padding, groups=self.groups)

    @property
    def padding(self) -> int:
        return self.weight.shape[-1] // 2 if self.stride == 1 else 0

    def relu(self, x: torch.Tensor) -> torch.Tensor:
        """Convolve and rectify, in one pass where oneDNN does it."""
        return self._fused(x, 'relu') if _has_fused(x) else F.relu_(self(x))

    def _fused(self, x: torch.Tensor, after: str) -> torch.Tensor:
        return torch.ops.mkldnn._convolution_pointwise(
            x, self.weight, self.bias, [self.padding] * 2, [self.stride] * 2, [1, 1], self.groups, after, [], None)

    def add_to(self, total: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Add the convolution of x to ``total``, which may be overwritten."""
        if not _has_fused(x):
            return total.add_(self(x))
        return torch.ops.mkldnn._convolution_pointwise_.binary(
            total, x, self.weight, self.bias, [self.padding] * 2, [self.stride] * 2, [1, 1], self.groups, 'add',
            None, None, [], None)


Block = Callable[[torch.Tensor], torch.Tensor]


class _Step(NamedTuple):
    """All layers for one step t; a chain is a list of blocks that may overwrite their input."""

    stem: _Conv
    sigma_weight: torch.Tensor
    encoder1: list[Block]
    encoder2: list[Block]
    bottom: list[Block]
    decoder1: list[Block]
    decoder2: list[Block]
    down1: _Conv
    down2: _Conv
    up1: _Conv
    up2: _Conv
    eps_head: _Conv
    weight_stem: _Conv
    weight_chain: list[Block]
    weight_head: _Conv


class FoldedLightUNet(BaseDenoiser):
    """Computes what a :class:`LightUNet` does, for inference only.

    The step's scale and shift of channels become part of the weights of the convolution before them; the first layer
    reads the image through 2 x 2 convolutions of stride 2; noise levels that do not vary over the image become part of
    its bias; the logits of source 2 of 2, which are 0, are left out. In float32 results differ by rounding alone.

    Args:
        network: Its weights are read when a step is computed for the first time; do not train it afterwards.
        dtype: Of the levels at 1/4 and 1/8 of the resolution, float32 or bfloat16. The level at 1/2 and the branch of
            fusion weights stay in float32: there rounding shows, in the masks first, and much of what
            bfloat16 saves is saved in the others.

    Shape:
        As of the network, but for M = 2 ``weight_logits`` is (B, K, H, W).
    """

    uses_condition = True

    def __init__(self, network: LightUNet, dtype: torch.dtype = torch.float32) -> None:
        super().__init__(network.num_sources)
        self.network, self.dtype = network, dtype
        self.size_divisibility, self.receptive_field = network.size_divisibility, network.receptive_field
        self.weight_bands, self.bytes_per_pixel = network.weight_bands, network.bytes_per_pixel  # type: ignore[misc]
        self._steps: dict[tuple[int, torch.device], _Step] = {}

    @torch.no_grad()
    def forward_features(self, x: torch.Tensor, t: torch.Tensor, cond: StepCondition | None) -> DenoiserOutput:
        """Predict noise and weight logits; all samples are at the same step."""
        step = self._step(int(t[0]), x.device)
        constant = cond.sigma.stride()[-2:] == (0, 0)
        known = [x, cond.pinv, cond.residual] + ([] if constant else [cond.sigma])
        image = torch.cat(known, 1).contiguous(memory_format=_CHANNELS_LAST)
        fine = self._stem(step, image, cond.sigma if constant else None)
        fine = _chain(step.encoder1, fine)
        middle = _chain(step.encoder2, step.down1(fine.to(self.dtype)))
        bottom = _chain(step.bottom, step.down2(middle))
        middle = _chain(step.decoder2, middle + F.pixel_shuffle(step.up2(bottom), 2))
        fine = _chain(step.decoder1, fine + F.pixel_shuffle(step.up1(middle), 2))
        eps = F.pixel_shuffle(step.eps_head(fine), 2).contiguous()
        features = _chain(step.weight_chain, step.weight_stem.add_to(middle.float(), fine))
        logits = step.weight_head(features).contiguous()
        return DenoiserOutput(eps, F.interpolate(logits, scale_factor=4, mode='bilinear'))

    def _stem(self, step: _Step, image: torch.Tensor, sigma: torch.Tensor | None) -> torch.Tensor:
        conv, channels = step.stem, image.shape[1]
        if sigma is None:
            return conv(image)
        conv = conv._replace(weight=conv.weight[:, :channels].contiguous(memory_format=_CHANNELS_LAST))
        levels = sigma[:, :, 0, 0].float()
        if len(levels) == 1 or bool((levels == levels[:1]).all()):
            return conv._replace(bias=conv.bias + step.sigma_weight @ levels[0])(image)
        return conv(image).add_((levels @ step.sigma_weight.T)[:, :, None, None])

    def _step(self, t: int, device: torch.device) -> _Step:
        if (t, device) not in self._steps:
            with torch.inference_mode(False), torch.no_grad():
                self._steps[t, device] = self._fold(t, device)
        return self._steps[t, device]

    def _fold(self, t: int, device: torch.device) -> _Step:
        net = self.network
        emb = net.time_embedding(torch.full((1,), t, device=device))
        stem = self._patch_stem(net)
        dtypes = {**dict.fromkeys(_COARSE, self.dtype), **dict.fromkeys(_FINE, torch.float32)}
        parts = {name: self._part(getattr(net, name), dtype, emb) for name, dtype in dtypes.items()}
        sigma_weight = stem[:, -net.num_sources:].sum((2, 3))
        return _Step(_typed(stem, net.stem.bias, torch.float32, 2), sigma_weight, **parts)

    def _part(self, part: nn.Module, dtype: torch.dtype, emb: torch.Tensor) -> Any:
        if isinstance(part, BlockChain):
            return [block for b in part.blocks for block in self._block(b, dtype, emb)]
        return self._conv(part, dtype)

    @staticmethod
    def _patch_stem(net: LightUNet) -> torch.Tensor:
        """Return the weight (out, inputs, 2, 2) that reads the image as the 1 x 1 layer reads its 2 x 2 cells."""
        weight = net.stem.weight
        weight = weight.view(weight.shape[0], -1, 2, 2).clone()
        weight[:, -net.num_sources:] /= SIGMA_UNIT
        return weight

    def _block(self, block: nn.Module, dtype: torch.dtype, emb: torch.Tensor) -> list[Block]:
        conv = self._conv
        if isinstance(block, GatedBlock):
            widen, deep = conv(block.widen, dtype, block.shift, emb), conv(block.depthwise, dtype)
            narrow, widen2, narrow2 = (conv(layer, dtype) for layer in (block.narrow, block.widen2, block.narrow2))
            return [lambda x: narrow.add_to(x, _gate(deep(widen(x)))), lambda x: narrow2.add_to(x, _gate(widen2(x)))]
        if isinstance(block, ConvBlock):
            first, second = conv(block.spatial, dtype, block.shift, emb), conv(block.mix, dtype)
        elif isinstance(block, DenseBlock):
            first, second = conv(block.first, dtype, block.shift, emb), conv(block.second, dtype)
        else:
            raise TypeError(f'FoldedLightUNet cannot fold a {type(block).__name__}')
        return [lambda x: second.add_to(x, first.relu(x))]

    def _conv(self, layer: nn.Conv2d, dtype: torch.dtype, shift: TimeShift | None = None,
              emb: torch.Tensor | None = None) -> _Conv:
        """Return a layer in one precision; a shift behind it is folded: s (W x + b) + h = (s W) x + (s b + h)."""
        weight, bias = layer.weight, layer.bias
        if shift is not None:
            scale, offset = shift.proj(emb)[0].chunk(2)
            weight, bias = weight * (1 + scale).view(-1, 1, 1, 1), bias * (1 + scale) + offset
        return _typed(weight, bias, dtype, layer.stride[0], layer.groups)



def _typed(weight: torch.Tensor, bias: torch.Tensor, dtype: torch.dtype, stride: int = 1, groups: int = 1) -> _Conv:
    weight = weight.detach().to(dtype, memory_format=_CHANNELS_LAST, copy=True)
    return _Conv(weight, bias.detach().to(dtype, copy=True), stride, groups)


def _chain(blocks: list[Block], x: torch.Tensor) -> torch.Tensor:
    for block in blocks:
        x = block(x)
    return x.clamp_(-FEATURE_LIMIT, FEATURE_LIMIT)


def _gate(x: torch.Tensor) -> torch.Tensor:
    first, second = x.chunk(2, 1)
    return first * second


def _has_fused(x: torch.Tensor) -> bool:
    """Whether oneDNN's fused convolutions, which TorchInductor uses, are there for an image."""
    return (x.device.type == 'cpu' and torch.backends.mkldnn.is_available()
            and hasattr(torch.ops.mkldnn, '_convolution_pointwise_') and not torch.compiler.is_compiling())
