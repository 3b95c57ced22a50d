"""The light U-Net for inference: one precision, time shifts folded into convolutions, elementwise work fused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from drfuse.diffusion.denoiser import DenoiserOutput, StepCondition
from drfuse.models.backbones.base_backbone import BaseDenoiser
from drfuse.models.backbones.fused_conv import FusedConv
from drfuse.models.backbones.light_blocks import (
    FEATURE_LIMIT,
    BlockChain,
    ConvBlock,
    DenseBlock,
    GatedBlock,
    LargeBlock,
    TimeShift,
    smooth_bands,
)
from drfuse.models.backbones.light_unet import SIGMA_UNIT, LightUNet, WeightRefine, pixel_norm
from drfuse.models.backbones.saliency import SaliencyVotes

_CHANNELS_LAST = torch.channels_last
_FEATURES = ('encoder1', 'encoder2', 'bottom', 'decoder1', 'decoder2', 'down1', 'down2', 'up1', 'up2')
_HEADS = ('eps_head', 'weight_stem', 'weight_chain', 'weight_head', 'weight_refine', 'weight_votes')
LAST = 1
"""t of the step that gives the result."""

Block = Callable[[torch.Tensor], torch.Tensor]


class _Step(NamedTuple):
    """All layers for one step t; a chain is a list of blocks that may overwrite their input.

    The stem is a matrix (inputs, C) over the 2 x 2 cells of the image, those of sigma last; for constant noise levels
    ``sigma_weight`` (M, C) is what the four pixels of a cell weigh together.
    """

    stem_weight: torch.Tensor
    stem_bias: torch.Tensor
    sigma_weight: torch.Tensor
    encoder1: list[Block]
    encoder2: list[Block]
    bottom: list[Block]
    decoder1: list[Block]
    decoder2: list[Block]
    down1: FusedConv
    down2: FusedConv
    up1: FusedConv
    up2: FusedConv
    eps_head: FusedConv
    weight_stem: FusedConv | None
    weight_chain: list[Block]
    weight_head: FusedConv
    weight_refine: tuple[FusedConv, FusedConv, FusedConv] | None
    weight_votes: SaliencyVotes | None


class FoldedLightUNet(BaseDenoiser):
    """Computes what a :class:`LightUNet` does, for inference only.

    The step's scale and shift of channels become part of the weights of the convolution before them; the first layer is
    one matrix product over the image's 2 x 2 cells, whose noise levels, where they do not vary over the image, become
    part of its bias; pixels are shuffled where they are added; the logits of source 2 of 2, which are 0, are left out.
    In float32 results differ by rounding alone.

    Args:
        network: Its weights are read when a step is computed for the first time; do not train it afterwards.
        dtype: Of the features, float32 or bfloat16. What leaves the network, noise and fusion weights, and the whole
            last step (t = 1) stay in float32: there rounding shows, in the masks first, and what is left of the last
            step's is what no later step takes back.

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
        return self.at_step(int(t[0]), x, cond)

    def at_step(self, t: int, x: torch.Tensor, cond: StepCondition) -> DenoiserOutput:
        """Predict at a step known beforehand; both sides of ``x`` are multiples of :attr:`size_divisibility`."""
        step = self._step(t, x.device)
        constant = cond.sigma.stride()[-2:] == (0, 0)
        known = [x, cond.pinv, cond.residual] + ([] if constant else [cond.sigma])
        fine = self._recalled(0, self._stem(step, _cells(known), cond.sigma if constant else None), cond)
        fine = _chain(step.encoder1, fine.to(step.down1.weight.dtype))
        middle = self._recalled(1, step.down1(fine), cond)
        middle = _chain(step.encoder2, middle)
        bottom = _chain(step.bottom, step.down2(middle))
        middle = _chain(step.decoder2, _add_cells(middle, step.up2(bottom)))
        fine = _chain(step.decoder1, _add_cells(fine, step.up1(middle)))
        fine = fine.float()
        eps = _shuffle_pixels(step.eps_head(fine))
        memory = (pixel_norm(fine), pixel_norm(middle)) if self.network.remember else None
        features = middle.float()
        if step.weight_stem is not None:
            features = step.weight_stem.add_to(features, fine)
        votes = None if step.weight_votes is None else step.weight_votes(x, eps, cond)
        if votes is not None:
            features = features.add_(step.weight_votes.stem(votes))
        features = _chain(step.weight_chain, features)
        return DenoiserOutput(eps, _logits(step, features, fine, votes, self.network.weight_smoothing), memory)

    def _recalled(self, level: int, x: torch.Tensor, cond: StepCondition) -> torch.Tensor:
        """Add what the step before left at a level, in place."""
        if self.network.recall is None or cond.memory is None:
            return x
        gain = self.network.recall[level].detach().to(x.dtype)
        return x.addcmul_(cond.memory[level].to(x.dtype), gain)

    def _stem(self, step: _Step, cells: torch.Tensor, sigma: torch.Tensor | None) -> torch.Tensor:
        """Return features (B, C, H / 2, W / 2), stored channels last, of the image's cells (B, K, H / 2, W / 2)."""
        (batch, inputs), size = cells.shape[:2], cells.shape[2:]
        bias = step.stem_bias if sigma is None else step.stem_bias + sigma[:, :, 0, 0].float() @ step.sigma_weight
        if torch.compiler.is_compiling():  # in a graph, a convolution is what runtimes know best
            return F.conv2d(cells, step.stem_weight[:inputs].mT[:, :, None, None]) + bias.view(-1, bias.shape[-1], 1, 1)
        columns, weight = cells.view(batch, inputs, -1).mT, step.stem_weight[:inputs]
        if batch == 1:
            features = torch.addmm(bias.view(1, -1), columns[0], weight)
        else:
            features = torch.baddbmm(bias.view(-1, 1, bias.shape[-1]).expand(batch, -1, -1), columns,
                                     weight.expand(batch, -1, -1))
        return features.view(batch, *size, -1).permute(0, 3, 1, 2)

    def _step(self, t: int, device: torch.device) -> _Step:
        if (t, device) not in self._steps:
            with torch.inference_mode(False), torch.no_grad():
                self._steps[t, device] = self._fold(t, device)
        return self._steps[t, device]

    def _fold(self, t: int, device: torch.device) -> _Step:
        net = self.network
        emb = net.time_embedding(torch.full((1,), t, device=device)) if net.time_embedding else None
        dtype = torch.float32 if t == LAST else self.dtype
        dtypes = {**dict.fromkeys(_FEATURES, dtype), **dict.fromkeys(_HEADS, torch.float32)}
        parts = {name: self._part(name, dtype, emb) for name, dtype in dtypes.items()}
        stem = net.stem.weight[:, :, 0, 0].T.clone()
        stem[-4 * net.num_sources:] /= SIGMA_UNIT
        sigma_weight = stem[-4 * net.num_sources:].view(net.num_sources, 4, -1).sum(1)
        return _Step(stem, net.stem.bias.detach().clone(), sigma_weight, **parts)

    def _part(self, name: str, dtype: torch.dtype, emb: torch.Tensor | None) -> Any:
        part = getattr(self.network, name)
        if part is None or isinstance(part, SaliencyVotes):
            return part
        if isinstance(part, WeightRefine):
            return self._conv(part.fine, dtype), _by_cells(self._conv(part.middle, dtype)), self._conv(part.head, dtype)
        if isinstance(part, BlockChain):
            return [block for b in part.blocks for block in self._block(b, dtype, emb)]
        conv = self._conv(part, dtype)
        return _by_cells(conv) if name in ('up1', 'up2') else conv

    def _block(self, block: nn.Module, dtype: torch.dtype, emb: torch.Tensor | None) -> list[Block]:
        conv = self._conv
        if isinstance(block, GatedBlock):
            widen = conv(block.widen, dtype, block.shift, emb)
            deep, narrow = _gated(block.depthwise, block.narrow, block.limits[0], dtype)
            widen2, narrow2 = _gated(block.widen2, block.narrow2, block.limits[1], dtype)
            return [lambda x: narrow.add_to(x, _gate(deep, widen(x))), lambda x: narrow2.add_to(x, _gate(widen2, x))]
        if isinstance(block, LargeBlock):
            deep, widen = conv(block.depthwise, dtype), conv(block.widen, dtype, block.shift, emb)
            narrow = conv(block.narrow, dtype)
            return [lambda x: narrow.add_to(x, widen.relu(deep(x)))]
        if isinstance(block, ConvBlock):
            first, second = conv(block.spatial, dtype, block.shift, emb), conv(block.mix, dtype)
        elif isinstance(block, DenseBlock):
            first, second = conv(block.first, dtype, block.shift, emb), conv(block.second, dtype)
        else:
            raise TypeError(f'FoldedLightUNet cannot fold a {type(block).__name__}')
        return [lambda x: second.add_to(x, first.relu(x))]

    def _conv(self, layer: nn.Conv2d, dtype: torch.dtype, shift: TimeShift | None = None,
              emb: torch.Tensor | None = None) -> FusedConv:
        """Return a layer in one precision; a shift behind it is folded: s (W x + b) + h = (s W) x + (s b + h)."""
        if shift is None or shift.proj is None:
            return FusedConv.of(layer, dtype)
        scale, offset = shift.proj(emb)[0].chunk(2)
        return FusedConv.of(layer, dtype, layer.weight * (1 + scale).view(-1, 1, 1, 1),
                            layer.bias * (1 + scale) + offset)


def _cells(images: list[torch.Tensor]) -> torch.Tensor:
    """Return the 2 x 2 cells of several images (B, c, H, W) as channels (B, 4 sum(c), H / 2, W / 2)."""
    if torch.compiler.is_compiling():
        return F.pixel_unshuffle(torch.cat(images, 1), 2)
    batch, _, height, width = images[0].shape
    cells = images[0].new_empty(batch, sum(i.shape[1] for i in images), 2, 2, height // 2, width // 2)
    first = 0
    for image in images:
        last = first + image.shape[1]
        pixels = image.unflatten(3, (-1, 2)).unflatten(2, (-1, 2))
        cells[:, first:last].copy_(pixels.permute(0, 1, 3, 5, 2, 4))
        first = last
    return cells.flatten(1, 3)


def _shuffle_pixels(cells: torch.Tensor) -> torch.Tensor:
    """Return the pixel shuffle (B, C, 2 h, 2 w) of float32 (B, 4 C, h, w) that is stored channels last.

    The two values of a cell's row are neighbours before and after: moved as one, which takes a fifth of the time.
    """
    if torch.compiler.is_compiling():
        return F.pixel_shuffle(cells.contiguous(), 2)
    batch, channels, height, width = cells.shape
    cells = cells.permute(0, 2, 3, 1).contiguous().view(torch.int64).unflatten(3, (-1, 2))
    image = cells.new_empty(batch, channels // 4, height, 2, width).copy_(cells.permute(0, 3, 1, 4, 2))
    return image.view(torch.float32).view(batch, -1, 2 * height, 2 * width)


def _by_cells(conv: FusedConv) -> FusedConv:
    """Return a layer in front of a pixel shuffle whose channels come cell position by cell position."""
    weight, bias = (x.unflatten(0, (-1, 4)).transpose(0, 1).flatten(0, 1) for x in (conv.weight, conv.bias))
    return conv._replace(weight=weight.contiguous(memory_format=_CHANNELS_LAST), bias=bias.contiguous())


def _add_cells(image: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
    """Add the pixel shuffle of (B, 4 C, h, w), ordered by :func:`_by_cells`, to (B, C, 2 h, 2 w) in place."""
    batch, channels, height, width = image.shape
    if torch.compiler.is_compiling():
        return image + F.pixel_shuffle(cells.unflatten(1, (4, -1)).transpose(1, 2).flatten(1, 2), 2)
    pixels = image.permute(0, 2, 3, 1).view(batch, height // 2, 2, width // 2, 2, channels)
    values = cells.permute(0, 2, 3, 1).reshape(batch, height // 2, width // 2, 2, 2, channels)
    pixels.add_(values.transpose(2, 3).to(pixels.dtype))
    return image


def _logits(step: _Step, features: torch.Tensor, fine: torch.Tensor, votes: torch.Tensor | None,
            smoothing: tuple[int, ...]) -> torch.Tensor:
    """Return the weight logits (B, K, 4 h, 4 w) of features and votes at 1/4 (h, w) and features at 1/2."""
    logits, factor = step.weight_head(features).contiguous(), 4
    if votes is not None:
        logits = logits + step.weight_votes.head(votes)
    if step.weight_refine is not None:
        first, second, head = step.weight_refine
        hidden = _add_cells(first(fine), second(features)).relu_()
        logits = F.interpolate(logits, scale_factor=2, mode='bilinear') + head(hidden).contiguous()
        factor = 2
    return F.interpolate(smooth_bands(logits, smoothing), scale_factor=factor, mode='bilinear')


def _chain(blocks: list[Block], x: torch.Tensor) -> torch.Tensor:
    for block in blocks:
        x = block(x)
    return x.clamp_(-FEATURE_LIMIT, FEATURE_LIMIT)


def _gated(before: nn.Conv2d, behind: nn.Conv2d, limits: torch.Tensor,
           dtype: torch.dtype) -> tuple[FusedConv, FusedConv]:
    """Return the layers around a gate in units of the limits: its factors are then clipped to 1, all channels alike."""
    first, second = limits.chunk(2)
    return (FusedConv.of(before, dtype, before.weight / limits.view(-1, 1, 1, 1), before.bias / limits),
            FusedConv.of(behind, dtype, behind.weight * (first * second).view(1, -1, 1, 1)))


def _gate(conv: FusedConv, x: torch.Tensor) -> torch.Tensor:
    first, second = conv.clipped(x, 1.0).chunk(2, 1)
    return first * second
