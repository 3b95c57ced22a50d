"""Building blocks of the light U-Net: nothing pools or normalises over the image, so the receptive field is finite."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from drfuse.utils.bound import bound


class TimeShift(nn.Module):
    """Scale and shift of every channel by the step's embedding, the identity at the start.

    Args:
        channels: Channels of the image.
        emb_channels: Length of the embedding; 0 = the identity for ever, in a network for one step.

    Shape:
        x: (B, channels, H, W), emb: (B, emb_channels). Result: as x.
    """

    def __init__(self, channels: int, emb_channels: int) -> None:
        super().__init__()
        self.proj = nn.Linear(emb_channels, 2 * channels) if emb_channels else None
        if self.proj is None:
            return
        nn.init.zeros_(self.proj.weight)
        nn.init.zeros_(self.proj.bias)

    def forward(self, x: torch.Tensor, emb: torch.Tensor | None) -> torch.Tensor:
        """Return x * (1 + scale) + shift."""
        if self.proj is None:
            return x
        scale, shift = self.proj(emb)[:, :, None, None].to(x.dtype).chunk(2, 1)
        return torch.addcmul(shift, x, 1 + scale)


class ConvBlock(nn.Module):
    """Residual block of a dense 3 x 3 and a 1 x 1 convolution: x + conv1(relu(shift(conv3 x))).

    Args:
        channels: Width.
        emb_channels: Length of the step's embedding.

    Shape:
        x, result: (B, channels, H, W).
    """

    reach = 1
    """Pixels, at the block's own resolution, that the result depends on to each side."""
    shifted, closing = 'spatial', ('mix',)
    """Layer in front of the shift, and layers whose results are added to the input."""

    def __init__(self, channels: int, emb_channels: int) -> None:
        super().__init__()
        self.spatial = nn.Conv2d(channels, channels, 3, padding=1)
        self.shift = TimeShift(channels, emb_channels)
        self.mix = _small(nn.Conv2d(channels, channels, 1))

    def forward(self, x: torch.Tensor, emb: torch.Tensor | None) -> torch.Tensor:
        """Return the block's result."""
        return x + self.mix(F.relu(self.shift(self.spatial(x), emb)))


class GatedBlock(nn.Module):
    """NAFNet's block without what sees the whole image or normalises: depthwise 3 x 3 with gates, then a gated layer.

    L. Chen, X. Chu, X. Zhang, J. Sun, "Simple baselines for image restoration", ECCV 2022.

    The factors of both gates are clipped, each channel to its own limit (2, 2 channels). They start at
    :data:`GATE_LIMIT`; ``limit_gates.py`` sets them to what a trained network shows on its data, so that what it was
    never trained on cannot drive it far from there.

    Args:
        channels: Width.
        emb_channels: Length of the step's embedding.

    Shape:
        x, result: (B, channels, H, W).
    """

    reach = 1
    shifted, closing = 'widen', ('narrow', 'narrow2')
    optional_state = ('limits',)

    def __init__(self, channels: int, emb_channels: int) -> None:
        super().__init__()
        self.widen = nn.Conv2d(channels, 2 * channels, 1)
        self.shift = TimeShift(2 * channels, emb_channels)
        self.depthwise = nn.Conv2d(2 * channels, 2 * channels, 3, padding=1, groups=2 * channels)
        self.narrow = _small(nn.Conv2d(channels, channels, 1))
        self.widen2 = nn.Conv2d(channels, 2 * channels, 1)
        self.narrow2 = _small(nn.Conv2d(channels, channels, 1))
        self.register_buffer('limits', torch.full((2, 2 * channels), GATE_LIMIT))
        self.limits: torch.Tensor

    def forward(self, x: torch.Tensor, emb: torch.Tensor | None) -> torch.Tensor:
        """Return the block's result."""
        x = x + self.narrow(_gate(self.depthwise(self.shift(self.widen(x), emb)), self.limits[0]))
        return x + self.narrow2(_gate(self.widen2(x), self.limits[1]))


class DenseBlock(nn.Module):
    """Residual block of two dense 3 x 3 convolutions: x + conv3(relu(shift(conv3 x))).

    Args:
        channels: Width.
        emb_channels: Length of the step's embedding.

    Shape:
        x, result: (B, channels, H, W).
    """

    reach = 2
    shifted, closing = 'first', ('second',)

    def __init__(self, channels: int, emb_channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.shift = TimeShift(channels, emb_channels)
        self.second = _small(nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, x: torch.Tensor, emb: torch.Tensor | None) -> torch.Tensor:
        """Return the block's result."""
        return x + self.second(F.relu(self.shift(self.first(x), emb)))


class LargeBlock(nn.Module):
    """ConvNeXt's block without its normalisation: x + conv1(relu(shift(conv1(depthwise 7 x 7 x)))), four times as wide.

    Z. Liu, H. Mao, C.-Y. Wu, C. Feichtenhofer, T. Darrell, S. Xie, "A ConvNet for the 2020s", CVPR 2022.

    Args:
        channels: Width.
        emb_channels: Length of the step's embedding.

    Shape:
        x, result: (B, channels, H, W).
    """

    reach = 3
    shifted, closing = 'widen', ('narrow',)

    def __init__(self, channels: int, emb_channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.widen = nn.Conv2d(channels, 4 * channels, 1)
        self.shift = TimeShift(4 * channels, emb_channels)
        self.narrow = _small(nn.Conv2d(4 * channels, channels, 1))

    def forward(self, x: torch.Tensor, emb: torch.Tensor | None) -> torch.Tensor:
        """Return the block's result."""
        return x + self.narrow(F.relu(self.shift(self.widen(self.depthwise(x)), emb)))


BLOCKS = dict(conv=ConvBlock, gated=GatedBlock, dense=DenseBlock, large=LargeBlock)
"""Blocks by their name in a config."""


FEATURE_LIMIT, GATE_LIMIT = 8.0, 4.0
"""Bounds of the features between chains, and, to begin with, of the factors of a gate.

Those of a trained network stay below (at most 5.2 and 2.7 on validation pairs). Products of products of features that
it never saw, as when a sharp image is called blurred, would overflow, and their gradients be no numbers.
"""


class BlockChain(nn.Module):
    """Blocks one after the other; the result is clipped to +- :data:`FEATURE_LIMIT`.

    Args:
        kind: Name in :data:`BLOCKS`.
        count: Number of blocks, 0 = the identity.
        channels: Width.
        emb_channels: Length of the step's embedding.

    Shape:
        x, result: (B, channels, H, W).
    """

    def __init__(self, kind: str, count: int, channels: int, emb_channels: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(BLOCKS[kind](channels, emb_channels) for _ in range(count))
        self.reach = sum(block.reach for block in self.blocks)

    def forward(self, x: torch.Tensor, emb: torch.Tensor | None) -> torch.Tensor:
        """Return the last block's result."""
        for block in self.blocks:
            x = block(x, emb)
        return bound(x, -FEATURE_LIMIT, FEATURE_LIMIT)


def _gate(x: torch.Tensor, limits: torch.Tensor) -> torch.Tensor:
    limits = limits.to(x.dtype).view(1, -1, 1, 1)
    first, second = bound(x, -limits, limits).chunk(2, 1)
    return first * second


def _small(conv: nn.Conv2d) -> nn.Conv2d:
    """Let a residual branch start small, which takes the place of a normalisation."""
    nn.init.zeros_(conv.bias)
    conv.weight.data.mul_(0.2)
    return conv


def window_mean(x: torch.Tensor, window: int) -> torch.Tensor:
    """Return means of (B, C, H, W) over windows of an odd side, cut at the borders.

    By pooling, which trains and is exported; :func:`~drfuse.baselines.fusers.box_mean`, for any radius, is not.
    """
    if window == 1:
        return x
    rows = F.avg_pool2d(x, (window, 1), 1, (window // 2, 0), count_include_pad=False)
    return F.avg_pool2d(rows, (1, window), 1, (0, window // 2), count_include_pad=False)


def smooth_bands(logits: torch.Tensor, windows: Sequence[int]) -> torch.Tensor:
    """Return weight logits (B, M K, H, W), the channels of every band averaged over a box of its own side.

    Args:
        logits: Source by source, bands from fine to coarse.
        windows: K odd sides; none = logits as they are.
    """
    if not windows:
        return logits
    sides = tuple(windows) * (logits.shape[1] // len(windows))
    return torch.cat([window_mean(band, side) for band, side in zip(logits.split(1, 1), sides, strict=True)], 1)
